/** What comes back: read as it comes or as a whole, given up when it falls silent, and understood as far as it can be. */
import type { JsonObject } from "~/values/json";
import type { WipeOrder } from "./errors";

/** A whole answer, whatever it says. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An answer that is read as it comes. */
export interface LongAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** Gives up what has been silent for too long. Not `fetch`'s own limit, which counts the whole answer. */
export class Quiet {
  readonly #aborting = new AbortController();
  readonly #stop = (): void => this.#aborting.abort();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly seconds: number,
    readonly stopping: AbortSignal,
  ) {
    stopping.addEventListener("abort", this.#stop, { once: true });
    if (stopping.aborted) {
      this.#stop();
    }
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#stop, this.seconds * 1000);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.stopping.removeEventListener("abort", this.#stop);
  }
}

export async function* piecesOf(response: Response, quiet: Quiet): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (response.body === null) {
    return;
  }
  const reader = response.body.getReader();
  try {
    for (;;) {
      quiet.heard();
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it is over either way
  }
}

/** Raises what `fetch` raises. */
export async function whole(response: Response, quiet: Quiet): Promise<Answer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesOf(response, quiet)) {
    pieces.push(piece);
  }
  return { status: response.status, headers: response.headers, bytes: joined(pieces) };
}

/** The pieces behind each other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}


/** The JSON object in an answer; null: there is none. */
export function parsed(bytes: Uint8Array): JsonObject | null {
  try {
    const content: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof content === "object" && content !== null && !Array.isArray(content) ? (content as JsonObject) : null;
  } catch {
    return null; // a proxy's page, or nothing: the status tells the rest
  }
}

/** The text that a field holds; null: it holds none. */
export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The order beside a refusal, if there is one. */
export function orderIn(told: JsonObject): WipeOrder | null {
  const order = told["order"];
  if (typeof order !== "object" || order === null || Array.isArray(order)) {
    return null;
  }
  const { order: name, secret, afterPush } = order as JsonObject;
  return typeof name === "string" && typeof secret === "string" ? { order: name, secret, afterPush: afterPush === true } : null;
}
