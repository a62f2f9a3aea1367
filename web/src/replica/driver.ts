/** A SQLite, wherever it runs: in a browser's worker, in Node, in a native shell. The replica needs no more of it. */
import type { ByteStream } from "./store_api";

export type Value = string | number | null | Uint8Array;
export type Found = readonly (readonly Value[])[];

/** What may be done inside a transaction. */
export interface Inside {
  query(sql: string, parameters?: readonly Value[]): Promise<Found>;
  /** How many rows one statement changed. */
  run(sql: string, parameters?: readonly Value[]): Promise<number>;
  /** One statement for each list of parameters. */
  runMany(sql: string, many: Iterable<readonly Value[]>): Promise<void>;
  /** Tells the listeners of `onChange` when the transaction is on the disk. */
  changed(names: Iterable<string>): void;
}

/** One open database. Statements and transactions go one after the other; a query never sees half a transaction. */
export interface Database {
  query(sql: string, parameters?: readonly Value[]): Promise<Found>;
  /** Everything inside is there when it ends, or nothing is. `work` awaits nothing but `inside`. */
  tx<T>(work: (inside: Inside) => Promise<T>): Promise<T>;
  /** `names`: what transactions said they changed. The answer ends it. */
  onChange(listener: (names: ReadonlySet<string>) => void): () => void;
  close(): Promise<void>;
}

/** "own": what is committed is on the disk, whatever happens. "rows": with the power the last commits may go, all behind
 * one instant; the server has them. "parts": a killed tab loses nothing, with the power all may go; thrown away soon, and
 * checked by whoever reads it. */
export type Durability = "own" | "rows" | "parts";

export interface Driver {
  /** Whether what is written outlives the page. */
  readonly kind: "opfs" | "memory";
  /** Opens a database by name, and makes it where there is none. `content`: takes the place of what was there; raises
   * FileUnusable when that is no SQLite file. */
  open(name: string, durability: Durability, content?: ByteStream): Promise<Database>;
  names(): Promise<readonly string[]>;
  /** Removes a database, closing it if it is open. */
  drop(name: string): Promise<void>;
  /** Bytes of all of them. */
  size(): Promise<number>;
  /** Closes all of them. */
  close(): Promise<void>;
}

/** The pieces of a stream, wherever it comes from. */
export async function* pieces(content: ByteStream): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in content) {
    yield* content;
    return;
  }
  const reader = (content as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
