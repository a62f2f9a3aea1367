/** HTTP to the server: retries what may be retried, turns refusals into errors. Every request here is idempotent. */
import { Refused } from "~/device/api";
import { parsePage } from "~/replica/pages";
import type { Page } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { type Language, inLanguage } from "~/values/words";
import { type Answer, type LongAnswer, Quiet, joined, orderIn, parsed, piecesOf, text, whole } from "./answers";
import { ATTEMPTS, grown, isPlea, jitter, pauseSeconds, secondsAsked } from "./backoff";
import { Stopped, SyncRefused, type WipeOrder, unreachable } from "./errors";
import { Holds } from "./holds";
import { SENTENCES } from "./sentences";
import type { TokenChain } from "./tokens";
import { type Sleep, sleep } from "./waiting";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** `url`: the server's origin, without a slash at its end. `language`: of the sentences in refusals, asked anew for each
 * request. `quietSeconds`: for how long an answer may stay silent. The rest takes the place of the real thing in tests. */
export interface TransportOptions {
  readonly url: string;
  readonly tokens: TokenChain;
  readonly language: () => Language;
  readonly fetch?: Fetch;
  readonly sleep?: Sleep;
  /** Seconds of a clock that nobody sets. */
  readonly monotonic?: () => number;
  readonly random?: () => number;
  readonly quietSeconds?: number;
}

/** `anonymous`: without the token. `once`: a lost answer is not asked for again, for it would be done twice. */
export interface Ask {
  readonly anonymous?: boolean;
  readonly once?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject | Uint8Array<ArrayBuffer>;
}

/** The code of a server that answers once more and is gone then: nobody is there to exchange with. */
const STOPPING = "STOPPING";
/** A slow line carries at least this much in a second (PROTOCOL.md, 1.1, "the time of a body"). */
const SLOWEST_BYTES = 2048;

export class Transport {
  /** Called with the server's order when it wants the replica erased; raises what the caller is told then. */
  onWiped: ((order: WipeOrder) => Promise<never>) | null = null;
  /** Called when the server says that this device was revoked, before the caller is told. */
  onRevoked: () => Promise<void> = () => Promise.resolve();
  /** Called after each answer but of a server that stops: it is there. */
  onAnswer: () => void = () => undefined;
  /** Called when an attempt after another one is in vain, for one alone may be a hiccup of the line; at once when the
   * server says that it stops. */
  onSilence: () => void = () => undefined;

  readonly tokens: TokenChain;
  readonly url: string;
  readonly language: () => Language;
  /** For how long the server wants no requests. */
  readonly holds: Holds;
  readonly #fetch: Fetch;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  readonly #quietSeconds: number;
  readonly #stopping = new AbortController();

  constructor(options: TransportOptions) {
    this.url = options.url;
    this.tokens = options.tokens;
    this.language = options.language;
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#sleep = options.sleep ?? sleep;
    this.holds = new Holds(options.monotonic ?? (() => performance.now() / 1000), (seconds) => this.#sleep(seconds, this.signal));
    this.#random = options.random ?? Math.random;
    this.#quietSeconds = options.quietSeconds ?? 30;
  }

  /** Aborted when the replica closes. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Calls off what is under way; nothing more is sent. */
  close(): void {
    this.#stopping.abort();
  }

  /** The server's answer. Raises SyncRefused, NoNetwork, DeviceWiped. */
  post(path: string, body: JsonObject): Promise<JsonObject> {
    return this.obeying(() => this.send(path, body));
  }

  /** The answer of a pull. Raises SyncRefused, NoNetwork, DeviceWiped. */
  page(path: string, body: JsonObject): Promise<Page> {
    return this.obeying(() => this.#page(path, body));
  }

  /** As `post`, and nothing besides: orders are raised, tokens stay. Raises SyncRefused, NoNetwork. */
  async send(path: string, body: JsonObject, anonymous = false): Promise<JsonObject> {
    return this.contentOf(await this.exchange("POST", path, { body, anonymous }));
  }

  /** Does the work with a token that is not overdue. An order that comes instead of an answer is carried out. */
  async obeying<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.tokens.rotateIfDue((path, body) => this.send(path, body));
      return await work();
    } catch (refused) {
      if (refused instanceof SyncRefused) {
        if (refused.code === "DEVICE_REVOKED") {
          await this.onRevoked();
        }
        if (refused.order !== null && this.onWiped !== null) {
          return await this.onWiped(refused.order);
        }
      }
      throw refused;
    }
  }

  async #page(path: string, body: JsonObject): Promise<Page> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await this.exchange("POST", path, { body });
      if (answer.status !== 200) {
        throw this.refusalOf(answer);
      }
      const page = wholePage(answer.bytes);
      if (page !== null) {
        return page;
      }
    }
    throw unreachable(`cut answers of ${path}`);
  }

  /** The answer, whatever it is, once the server gives one that is no plea to come again.
   *
   * Raises NoNetwork; SyncRefused (429, 503) without asking while the server wants no requests of this kind.
   */
  async exchange(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    await this.holds.heed(path);
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt === ATTEMPTS - 1;
      let answer: Answer;
      try {
        answer = await this.#once(method, path, ask);
      } catch (wrong) {
        this.#silent(attempt, wrong);
        if (last || ask.once === true || wrong instanceof Stopped) {
          throw wrong instanceof Stopped ? wrong : unreachable(`${method} ${path}`, wrong);
        }
        await this.#sleep(grown(attempt, this.#jitter()), this.signal);
        continue;
      }
      const code = isPlea(answer.status) ? parsed(answer.bytes)?.["code"] : null;
      if (code === undefined) {
        this.#silent(attempt); // what stands before the server has lost it
      } else if (code === STOPPING) {
        this.onSilence(); // its last word
      } else {
        this.onAnswer();
      }
      if (last && (code === undefined || code === STOPPING)) {
        throw unreachable(`${answer.status} on ${path}`);
      }
      const asked = answer.headers.get("retry-after");
      const pause = pauseSeconds(answer.status, attempt, asked, this.#jitter());
      if (pause === null || last) {
        if (isPlea(answer.status) && secondsAsked(asked) !== null) {
          this.holds.hold(path, this.refusalOf(answer));
        }
        return answer;
      }
      await this.#sleep(pause, this.signal);
    }
  }

  /** One attempt at a long answer, read piece by piece; whoever got it reads it to its end or breaks off.
   *
   * Raises NoNetwork where it breaks off, or the server wants it later: the next attempt waits for that; SyncRefused
   * when that is long.
   */
  async stream(path: string, headers: Readonly<Record<string, string>>): Promise<LongAnswer> {
    await this.holds.heed(path);
    const quiet = this.#quiet(this.#quietSeconds);
    try {
      const response = await this.#fetch(this.url + path, {
        method: "GET",
        headers: { ...(await this.#headers(false)), ...headers },
        signal: quiet.signal,
        ...SETTINGS,
      });
      if (isPlea(response.status) && secondsAsked(response.headers.get("retry-after")) !== null) {
        this.#putOff(path, this.refusalOf(await whole(response, quiet)));
        throw unreachable(`${response.status} on ${path}`);
      }
      this.onAnswer();
      return { status: response.status, headers: response.headers, pieces: this.#pieces(path, response, quiet) };
    } catch (wrong) {
      quiet.end();
      throw this.signal.aborted ? new Stopped(path) : unreachable(`GET ${path}`, wrong);
    }
  }

  /** The object that was answered. Raises SyncRefused. */
  contentOf(answer: Answer): JsonObject {
    const content = answer.status === 200 ? parsed(answer.bytes) : null;
    if (content === null) {
      throw this.refusalOf(answer);
    }
    return content;
  }

  /** What an answer says that gives nothing. */
  refusalOf(answer: Answer): SyncRefused {
    const told = parsed(answer.bytes) ?? {};
    const says = inLanguage(SENTENCES, this.language());
    return new SyncRefused(
      answer.status,
      text(told["code"]) ?? "UNEXPECTED_ANSWER",
      text(told["message"]) ?? says.unexpectedAnswer(answer.status),
      text(told["remedy"]) ?? "",
      text(told["field"]),
      orderIn(told),
      secondsAsked(answer.headers.get("retry-after")),
    );
  }

  /** As `refusalOf`, of an answer that is read as it comes. Raises NoNetwork. */
  async refusalIn(answer: LongAnswer): Promise<SyncRefused> {
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.pieces) {
      pieces.push(piece);
    }
    return this.refusalOf({ ...answer, bytes: joined(pieces) });
  }

  #putOff(path: string, refusal: SyncRefused): void {
    if (refusal.code === STOPPING) {
      this.onSilence();
    } else {
      this.onAnswer();
      this.holds.hold(path, refusal);
    }
  }

  #silent(attempt: number, wrong: unknown = null): void {
    if (attempt > 0 && !(wrong instanceof Stopped)) {
      this.onSilence();
    }
  }

  async #once(method: string, path: string, ask: Ask): Promise<Answer> {
    const { type, body } = encoded(ask.body);
    const quiet = this.#quiet(this.#quietSeconds + (body?.byteLength ?? 0) / SLOWEST_BYTES);
    try {
      const response = await this.#fetch(this.url + path, {
        method,
        headers: { ...(await this.#headers(ask.anonymous === true)), ...type, ...ask.headers },
        ...(body === null ? {} : { body }),
        signal: quiet.signal,
        ...SETTINGS,
      });
      return await whole(response, quiet);
    } catch (wrong) {
      throw this.signal.aborted ? new Stopped(path) : wrong;
    } finally {
      quiet.end();
    }
  }

  async *#pieces(path: string, response: Response, quiet: Quiet): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      yield* piecesOf(response, quiet);
    } catch (wrong) {
      throw this.signal.aborted ? new Stopped(path) : unreachable(`GET ${path}`, wrong);
    } finally {
      quiet.end();
    }
  }

  async #headers(anonymous: boolean): Promise<Record<string, string>> {
    const language = { "Accept-Language": this.language() };
    return anonymous ? language : { ...language, Authorization: `Bearer ${await this.tokens.token()}` };
  }

  #jitter(): number {
    return jitter(this.#random);
  }

  #quiet(seconds: number): Quiet {
    return new Quiet(seconds, this.signal);
  }
}

const SETTINGS = { redirect: "error", cache: "no-store", credentials: "omit" } as const satisfies RequestInit;

function encoded(body: Ask["body"]): { type: Record<string, string>; body: Uint8Array<ArrayBuffer> | null } {
  if (body === undefined) {
    return { type: {}, body: null };
  }
  if (body instanceof Uint8Array) {
    return { type: {}, body };
  }
  return { type: { "Content-Type": "application/json" }, body: new TextEncoder().encode(JSON.stringify(body)) };
}

/** Null for a page that was cut on its way: ask again. */
function wholePage(bytes: Uint8Array): Page | null {
  try {
    return parsePage(bytes);
  } catch (wrong) {
    if (wrong instanceof Refused) {
      throw wrong;
    }
    return null;
  }
}
