/** The worker's side of the calls: every tab of its member, its own by a port, the others by channels. */
import { callsChannel, noticesChannel, tabChannel } from "./names";
import { type Answer, type Call, failureOf, type Hello, type Leads, type Notice } from "./wire";

export type Handler = (args: readonly unknown[], tab: string) => Promise<unknown>;
export type Handlers = Readonly<Record<string, Handler>>;

/** Where messages to the tab that started the worker go. */
export interface OwnPort {
  readonly tab: string;
  send(message: Answer | Notice): void;
}

export class Answering {
  readonly #key: string;
  readonly #own: OwnPort;
  readonly #handlers: Handlers;
  readonly #leads: () => Leads;
  readonly #calledBy: (tab: string) => void;
  readonly #calls: BroadcastChannel;
  readonly #notices: BroadcastChannel;
  readonly #tabs = new Map<string, BroadcastChannel>();
  readonly #underWay = new Set<Promise<void>>();
  #closed = false;

  constructor(key: string, own: OwnPort, handlers: Handlers, leads: () => Leads, calledBy: (tab: string) => void) {
    this.#key = key;
    this.#own = own;
    this.#handlers = handlers;
    this.#leads = leads;
    this.#calledBy = calledBy;
    this.#calls = new BroadcastChannel(callsChannel(key));
    this.#notices = new BroadcastChannel(noticesChannel(key));
    this.#calls.onmessage = (event: MessageEvent<Call | Hello>) => this.#heard(event.data);
    this.tell(leads());
  }

  /** A call of the tab that started the worker. */
  heardOwn(call: Call): void {
    this.#heard(call);
  }

  /** To every tab. */
  tell(notice: Notice): void {
    if (this.#closed) return;
    this.#notices.postMessage(notice);
    this.#own.send(notice);
  }

  /** A tab that is gone is written to no more. */
  forgetTabs(isGone: (tab: string) => boolean): void {
    for (const [tab, channel] of this.#tabs) {
      if (!isGone(tab)) continue;
      channel.close();
      this.#tabs.delete(tab);
    }
  }

  /** Takes no further calls; fulfilled when those under way are answered. */
  async finish(): Promise<void> {
    this.#calls.close();
    await Promise.all(this.#underWay);
    this.#closed = true;
    this.#notices.close();
    for (const channel of this.#tabs.values()) channel.close();
  }

  #heard(message: Call | Hello): void {
    this.#calledBy(message.tab);
    if (message.kind === "hello") return this.#sendTo(message.tab, this.#leads());
    const answering = this.#answer(message).finally(() => this.#underWay.delete(answering));
    this.#underWay.add(answering);
  }

  async #answer(call: Call): Promise<void> {
    const handler = Object.hasOwn(this.#handlers, call.method) ? this.#handlers[call.method] : undefined;
    let answer: Answer;
    try {
      if (handler === undefined) throw new Error(`a call that this version does not know: ${call.method}`);
      answer = { kind: "answer", id: call.id, value: await handler(call.args, call.tab) };
    } catch (wrong) {
      answer = { kind: "answer", id: call.id, failure: failureOf(wrong) };
    }
    this.#sendTo(call.tab, answer);
  }

  #sendTo(tab: string, message: Answer | Leads): void {
    if (this.#closed) return;
    if (tab === this.#own.tab) return this.#own.send(message);
    let channel = this.#tabs.get(tab);
    if (channel === undefined) {
      channel = new BroadcastChannel(tabChannel(this.#key, tab));
      this.#tabs.set(tab, channel);
    }
    channel.postMessage(message);
  }
}
