/** On the air: pages come as they happen, and what does not fit is pulled (PROTOCOL.md, 8). */
import { parsePage } from "~/replica/pages";
import type { Page, StoreApi } from "~/replica/store_api";

export const REFUSED = 4401;
export const WIPED = 4403;
export const STOPS = 1012;
const LONGEST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SEEN_SECONDS = 4; // somebody is looking: a server that came back is met within five, the attempt included
/** By closing code, seconds within which to come back, by chance: a crowd that was sent away returns spread out. */
const SPREADS: Readonly<Record<number, readonly [number, number]>> = { [STOPS]: [0, 5], 1013: [5, 30], 4429: [60, 120] };

/** Whether the server says by this closing code when to come back. */
export function isNamed(code: number | null): boolean {
  return code !== null && SPREADS[code] !== undefined;
}

/** Seconds until the next attempt. `code`: with which the server closed; `failures`: attempts since that failed; `seen`:
 * whether the app is visible; `random`: 0 to 1. */
export function pauseAfter(code: number | null, failures: number, seen: boolean, random: () => number): number {
  const spread = code === null ? undefined : SPREADS[code];
  if (spread !== undefined) {
    return spread[0] + (spread[1] - spread[0]) * random();
  }
  const longest = seen ? LONGEST_PAUSE_SEEN_SECONDS / 1.5 : LONGEST_PAUSE_SECONDS;
  return Math.min(0.5 * 2 ** failures, longest) * (0.5 + random());
}

export interface Closed {
  /** Null: the line broke, or was never there. */
  readonly code: number | null;
  readonly reason: string;
  readonly greeted: boolean;
}

/** What the socket is told with, and what happens on it. `pull`: until the replica is whole at one instant. */
export interface Listening {
  greeting(): Promise<Readonly<Record<string, string | number | null>>>;
  pull(): Promise<unknown>;
  greeted(): void;
  kept(page: Page): void;
}

export type OpenSocket = (url: string) => WebSocket;

/** One socket, from its greeting until it closes. */
export class Socket {
  #socket: WebSocket | null = null;
  #greeted = false;
  #pulling: Promise<void> | null = null;
  #again = false;
  #hungUp = false;
  #closing: ((closed: Closed) => void) | null = null;

  constructor(
    readonly url: string,
    readonly store: StoreApi,
    readonly listening: Listening,
    readonly open: OpenSocket = (url) => new WebSocket(url),
  ) {}

  /** Listens until the server or `close` ends it. Whatever goes wrong on the line closes the socket. */
  async listen(): Promise<Closed> {
    const greeting = JSON.stringify(await this.listening.greeting());
    if (this.#hungUp) {
      return { code: null, reason: "", greeted: false };
    }
    return new Promise((resolve) => {
      const socket = this.open(`${this.url.replace(/^http/, "ws")}/sync/v1/poke`);
      socket.binaryType = "arraybuffer";
      this.#socket = socket;
      this.#closing = resolve;
      let last: Promise<void> = Promise.resolve();
      socket.onopen = () => socket.send(greeting);
      socket.onmessage = ({ data }) => {
        last = last.then(() => this.#hear(data as string | ArrayBuffer)).catch(() => this.close());
      };
      socket.onclose = ({ code, reason }) => this.#ended(code, reason);
      socket.onerror = () => this.close(); // a close without a code follows
    });
  }

  get greeted(): boolean {
    return this.#greeted;
  }

  /** Hangs up. */
  close(): void {
    this.#hungUp = true;
    this.#socket?.close();
    this.#ended(null, ""); // a dead line may never say that it closed
  }

  /** Says where the replica stands now, after a pull of its own. */
  async tell(): Promise<void> {
    const { cursor } = await this.store.standing();
    if (this.#greeted && cursor !== null && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ cursor }));
    }
  }

  #ended(code: number | null, reason: string): void {
    const told = code === null || code === 1005 || code === 1006 ? null : code;
    this.#closing?.({ code: told, reason, greeted: this.#greeted });
    this.#closing = null;
  }

  async #hear(message: string | ArrayBuffer): Promise<void> {
    if (typeof message === "string" && isReady(message)) {
      this.#greeted = true;
      this.listening.greeted();
      return;
    }
    const page = typeof message === "string" ? null : pageIn(message);
    if (page !== null && (await this.store.keepLive(page))) {
      this.listening.kept(page);
      return;
    }
    this.#pull();
  }

  /** Pulls; pokes that come meanwhile are one more pull. */
  #pull(): void {
    if (this.#pulling !== null) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#pulling = this.listening.pull().then(
      () => undefined,
      () => this.close(), // the next attempt says what is wrong
    );
    void this.#pulling.then(() => {
      this.#pulling = null;
      if (this.#again) {
        this.#pull();
      }
    });
  }
}

function isReady(message: string): boolean {
  try {
    return (JSON.parse(message) as { ready?: boolean } | null)?.ready === true;
  } catch {
    return false; // not understood: it is answered with a pull
  }
}

/** Null: not understood. */
function pageIn(message: ArrayBuffer): Page | null {
  try {
    return parsePage(new Uint8Array(message));
  } catch {
    return null; // cut, or of a server that says more than this client knows: a pull brings it
  }
}
