/** A driver in the page whose files a worker holds: the replica's own interface over messages, and a worker to be killed. */
import { pieces, type Database, type Driver, type Durability, type Found, type Inside, type Value } from "~/replica/driver";
import { FileUnusable } from "~/replica";
import type { ByteStream } from "~/replica";
import type { Asked } from "./pool_worker";

export class PoolDriver implements Driver {
  readonly kind = "opfs";
  /** Of files that are taken in only so many bytes come; null: all. */
  stopsAt: number | null = null;
  private readonly waiting = new Map<number, { readonly resolve: (found: never) => void; readonly reject: (wrong: Error) => void }>();
  private readonly databases = new Map<string, Database>();
  private last = 0;

  private constructor(
    private readonly worker: Worker,
    private readonly directory: string,
  ) {
    worker.onmessage = ({ data }: MessageEvent<{ id: number; found?: never; wrong?: { name: string; message: string } }>) => {
      const asker = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.wrong === undefined) asker?.resolve(data.found as never);
      else asker?.reject(data.wrong.name === "FileUnusable" ? new FileUnusable(data.wrong.message) : new Error(data.wrong.message));
    };
  }

  static async at(directory: string): Promise<PoolDriver> {
    const driver = new PoolDriver(new Worker(new URL("./pool_worker.ts", import.meta.url), { type: "module" }), directory);
    await driver.ask({ what: "begin", directory });
    return driver;
  }

  /** As a browser that is killed; then another worker opens the files. */
  killed(): Promise<PoolDriver> {
    this.worker.terminate();
    return PoolDriver.at(this.directory);
  }

  async open(name: string, durability: Durability, content?: ByteStream): Promise<Database> {
    let given: Uint8Array | null = null;
    if (content !== undefined) {
      const parts: number[] = [];
      for await (const piece of pieces(content)) for (const byte of piece) parts.push(byte);
      given = Uint8Array.from(parts);
      this.databases.delete(name);
    }
    const found = this.databases.get(name);
    if (found !== undefined) return found;
    await this.ask({ what: "open", name, durability, content: given, stopsAt: given === null ? null : this.stopsAt });
    const made = this.database(name);
    this.databases.set(name, made);
    return made;
  }

  names(): Promise<readonly string[]> {
    return this.ask({ what: "names" });
  }

  async drop(name: string): Promise<void> {
    this.databases.delete(name);
    await this.ask({ what: "drop", name });
  }

  size(): Promise<number> {
    return this.ask({ what: "size" });
  }

  async close(): Promise<void> {
    await this.ask({ what: "close" });
    this.worker.terminate();
  }

  private database(name: string): Database {
    const listeners = new Set<(names: ReadonlySet<string>) => void>();
    return {
      query: (sql, parameters = []) => this.ask<Found>({ what: "query", name, sql, parameters }),
      tx: async (work) => {
        const tx = await this.ask<number>({ what: "tx", name });
        const names = new Set<string>();
        const inside: Inside = {
          query: (sql, parameters: readonly Value[] = []) => this.ask<Found>({ what: "inside", tx, sql, many: [parameters], how: "query" }),
          run: (sql, parameters: readonly Value[] = []) => this.ask<number>({ what: "inside", tx, sql, many: [parameters], how: "run" }),
          runMany: (sql, many) => this.ask<void>({ what: "inside", tx, sql, many: [...many], how: "runMany" }),
          changed: (more) => {
            for (const one of more) names.add(one);
          },
        };
        try {
          const result = await work(inside);
          await this.ask({ what: "end", tx, commit: true });
          if (names.size > 0) for (const listener of listeners) listener(names);
          return result;
        } catch (wrong) {
          await this.ask({ what: "end", tx, commit: false });
          throw wrong;
        }
      },
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      close: async () => void this.databases.delete(name),
    };
  }

  private ask<T>(asked: Asked): Promise<T> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, asked });
    });
  }
}
