/** HTTP to the server: retries what may be retried, turns refusals into errors. Every request here is idempotent. */
import { Refused } from "~/device/api";
import { parsePage } from "~/replica/pages";
import type { Page } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { type Language, inLanguage } from "~/values/words";
import { type Answer, type LongAnswer, Quiet, joined, orderIn, parsed, piecesOf, text, whole } from "./answers";
import { ATTEMPTS, LONGEST_WAIT_SECONDS, grown, isPlea, jitter, pauseSeconds, secondsAsked } from "./backoff";
import { Stopped, SyncRefused, type WipeOrder, unreachable } from "./errors";
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

/** A slow line carries at least this much in a second (PROTOCOL.md, 1.1, "the time of a body"). */
const SLOWEST_BYTES = 2048;

export class Transport {
  /** Called with the server's order when it wants the replica erased; raises what the caller is told then. */
  onWiped: ((order: WipeOrder) => Promise<never>) | null = null;
  /** Called when the server says that this device was revoked, before the caller is told. */
  onRevoked: () => Promise<void> = () => Promise.resolve();
  /** Called after each answer, whatever it says: the server is there. */
  onAnswer: () => void = () => undefined;
  /** Called when an attempt after another one is in vain: one alone may be a hiccup of the line. */
  onSilence: () => void = () => undefined;

  readonly tokens: TokenChain;
  readonly url: string;
  readonly language: () => Language;
  readonly #fetch: Fetch;
  readonly #sleep: Sleep;
  readonly #monotonic: () => number;
  readonly #random: () => number;
  readonly #quietSeconds: number;
  readonly #held = new Map<string, { until: number; refusal: SyncRefused }>();
  readonly #stopping = new AbortController();

  constructor(options: TransportOptions) {
    this.url = options.url;
    this.tokens = options.tokens;
    this.language = options.language;
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#sleep = options.sleep ?? sleep;
    this.#monotonic = options.monotonic ?? (() => performance.now() / 1000);
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
    await this.#heed(path);
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
      const nobody = isPlea(answer.status) && parsed(answer.bytes)?.["code"] === undefined;
      if (!nobody) {
        this.onAnswer();
      } else {
        this.#silent(attempt);
        if (last) {
          throw unreachable(`${answer.status} on ${path}`); // what stands before the server has lost it
        }
      }
      const asked = answer.headers.get("retry-after");
      const pause = pauseSeconds(answer.status, attempt, asked, this.#jitter());
      if (pause === null || last) {
        if (isPlea(answer.status) && secondsAsked(asked) !== null) {
          this.hold(path, this.refusalOf(answer));
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
    await this.#heed(path);
    const quiet = this.#quiet(this.#quietSeconds);
    try {
      const response = await this.#fetch(this.url + path, {
        method: "GET",
        headers: { ...(await this.#headers(false)), ...headers },
        signal: quiet.signal,
        ...SETTINGS,
      });
      this.onAnswer();
      if (isPlea(response.status) && secondsAsked(response.headers.get("retry-after")) !== null) {
        this.hold(path, this.refusalOf(await whole(response, quiet)));
        throw unreachable(`${response.status} on ${path}`);
      }
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

  /** Sends nothing of this kind before the time that the server named. */
  hold(path: string, refusal: SyncRefused): void {
    this.#held.set(doorOf(path), { until: this.#monotonic() + (refusal.retryAfterSeconds ?? 0), refusal });
  }

  /** Seconds for which the server wants no requests of this kind. */
  held(path: string): number {
    const held = this.#held.get(doorOf(path));
    return held === undefined ? 0 : Math.max(0, held.until - this.#monotonic());
  }

  /** The longest of the holds: seconds until all doors are open again. */
  heldLongest(): number {
    return Math.max(0, ...[...this.#held.keys()].map((door) => this.held(door)));
  }

  /** Waits for what was asked, if that is not long. Raises SyncRefused. */
  async #heed(path: string): Promise<void> {
    const door = doorOf(path);
    const held = this.#held.get(door);
    if (held === undefined) {
      return;
    }
    const left = this.held(path);
    if (left > LONGEST_WAIT_SECONDS) {
      throw held.refusal.until(left);
    }
    if (left > 0) {
      await this.#sleep(left, this.signal);
    }
    if (this.#held.get(door) === held) {
      this.#held.delete(door);
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

/** What the server counts together: `/sync/v1/files`, `/sync/v1/pull`. */
function doorOf(path: string): string {
  return path.split("/").slice(0, 4).join("/");
}

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
