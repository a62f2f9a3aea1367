/** A tab's calls to the worker, wherever it is: kept until they are answered, sent again to whoever takes over. */
import { type Answer, type Call, errorOf } from "./wire";

interface Waiting {
  readonly call: Call;
  readonly since: number;
  sentTo: string | null;
  /** How many workers were asked. */
  asked: number;
  resolve(value: unknown): void;
  reject(wrong: Error): void;
}

/** The way to a worker. */
export interface Route {
  readonly epoch: string;
  send(call: Call): void;
}

/** A call that ends whoever it is asked must not be asked for ever. */
const MOST_WORKERS = 5;

export class Caller {
  readonly #tab: string;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #route: Route | null = null;
  #closed: Error | null = null;

  constructor(tab: string) {
    this.#tab = tab;
  }

  /** The worker's answer; waits for one to lead where there is none. Raises Refused, NoNetwork. */
  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const call: Call = { kind: "call", tab: this.#tab, id: (this.#lastId += 1), method, args };
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { call, since: performance.now(), sentTo: null, asked: 0, resolve, reject };
      this.#waiting.set(call.id, waiting);
      this.#send(waiting);
    });
  }

  /** Another worker leads, or none (null). What it was not asked yet it is asked now; `mutate` and its like carry keys. */
  useRoute(route: Route | null): void {
    this.#route = route;
    for (const waiting of this.#waiting.values()) this.#send(waiting);
  }

  /** The worker that is asked now. */
  get epoch(): string | null {
    return this.#route?.epoch ?? null;
  }

  answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (answer.failure === undefined) waiting.resolve(answer.value);
    else waiting.reject(errorOf(answer.failure));
  }

  /** For how long the oldest call has gone unanswered, in milliseconds; 0: none. */
  silentMs(): number {
    const oldest = this.#waiting.values().next();
    return oldest.done === true ? 0 : performance.now() - oldest.value.since;
  }

  /** Every call, those under way too, fails with this from now on. */
  fail(wrong: Error): void {
    this.#closed = wrong;
    this.#route = null;
    for (const waiting of this.#waiting.values()) waiting.reject(wrong);
    this.#waiting.clear();
  }

  #send(waiting: Waiting): void {
    const route = this.#route;
    if (route === null || waiting.sentTo === route.epoch) return;
    waiting.sentTo = route.epoch;
    waiting.asked += 1;
    try {
      if (waiting.asked > MOST_WORKERS) throw new Error(`${waiting.call.method}: ${MOST_WORKERS} workers ended without an answer`);
      route.send(waiting.call);
    } catch (wrong) {
      // Also arguments that cannot be cloned: no worker would ever get them.
      this.#waiting.delete(waiting.call.id);
      waiting.reject(wrong instanceof Error ? wrong : new Error(String(wrong)));
    }
  }
}
