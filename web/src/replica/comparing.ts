/** What the rows are, for a comparison with the server's (PROTOCOL.md, 3.5). */
import type { Files } from "./files";
import { BUCKETS, bucketOf, digestOf, hashText } from "./pages";
import { pause } from "./pace";
import type { Checksum } from "./store_api";

const TEXTS_AT_ONCE = 1_000;

export class Comparing {
  constructor(private readonly files: Files) {}

  async baseTexts(collection: string, after = "", most = TEXTS_AT_ONCE): Promise<readonly (readonly [id: string, text: string])[]> {
    const rows = await this.files.shown.query("SELECT id, data FROM base WHERE collection = ? AND id > ? ORDER BY id LIMIT ?", [collection, after, most]);
    return rows.map(([id, text]) => [String(id), String(text)]);
  }

  async checksums(): Promise<Readonly<Record<string, Checksum>>> {
    const found: Record<string, Checksum> = {};
    for (const collection of Object.keys(this.files.shown.meta.schema?.collections ?? {})) {
      let count = 0;
      let mixed = 0n;
      for await (const [, text] of this.everyText(collection)) {
        count += 1;
        mixed ^= digestOf(text);
      }
      found[collection] = { count, hash: hashText(mixed) };
    }
    return found;
  }

  async bucketHashes(collection: string): Promise<readonly bigint[]> {
    const mixed = Array.from({ length: BUCKETS }, () => 0n);
    for await (const [id, text] of this.everyText(collection)) mixed[bucketOf(id)] = (mixed[bucketOf(id)] ?? 0n) ^ digestOf(text);
    return mixed;
  }

  async inBucket(collection: string, bucket: number, buckets: number): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for await (const [id, text] of this.everyText(collection)) if (bucketOf(id) % buckets === bucket) found[id] = hashText(digestOf(text));
    return found;
  }

  private async *everyText(collection: string): AsyncGenerator<readonly [id: string, text: string]> {
    for (let after = ""; ; ) {
      const slice = await this.baseTexts(collection, after);
      yield* slice;
      const last = slice.at(-1);
      if (last === undefined || slice.length < TEXTS_AT_ONCE) return;
      after = last[0];
      await pause();
    }
  }
}
