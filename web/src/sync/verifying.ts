/** Whether the replica is exactly what the server has, and the repair of the rows that are not (PROTOCOL.md, 3.5). */
import { Refused } from "~/device/api";
import { folded } from "~/replica/pages";
import type { Page, StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { type Language, inLanguage } from "~/values/words";
import type { Pulling } from "./pulling";
import { SENTENCES } from "./sentences";

const MENDED_BUCKETS = 64; // more than these that differ are loaded afresh as a whole
const VERIFIED = "sync.verified";
const EVERY_MS = 86_400_000;

export class Verifying {
  constructor(
    readonly store: StoreApi,
    readonly pulling: Pulling,
    readonly language: () => Language,
  ) {}

  /** Once a day; what was just loaded counts as looked at. `now`: milliseconds. Raises as `verify` does. */
  async verifyIfDue(now: number): Promise<void> {
    const last = await this.store.get(VERIFIED);
    const since = typeof last === "number" && last <= now ? now - last : null;
    if (since === null || since > EVERY_MS) {
      await this.store.set({ [VERIFIED]: now }); // before: a replica that cannot be mended is not asked about at every sync
    }
    if (since !== null && since > EVERY_MS) {
      await this.verify();
    }
  }

  /** The collections that were wrong; they are mended. Raises Refused (NOT_MENDED) if one is wrong still, SyncRefused,
   * NoNetwork. */
  async verify(): Promise<readonly string[]> {
    const wrong = await this.#differing();
    const last = wrong.at(-1);
    if (last === undefined) {
      return wrong;
    }
    for (const collection of wrong.slice(0, -1)) {
      for (const wanted of await this.#mending(collection)) {
        await this.#compared(() => Promise.resolve(), wanted);
      }
    }
    const wanted = await this.#mending(last);
    for (const one of wanted.slice(0, -1)) {
      await this.#compared(() => Promise.resolve(), one);
    }
    const still = await this.#differing(wanted.at(-1) ?? {});
    if (still.length > 0) {
      const says = inLanguage(SENTENCES, this.language());
      throw new Refused("NOT_MENDED", says.notMended(still.join(", ")), says.notMendedRemedy);
    }
    return wrong;
  }

  /** The collections that are wrong when what is `wanted` besides has come. */
  async #differing(wanted: JsonObject = {}): Promise<readonly string[]> {
    const { page, ours } = await this.#compared(() => this.store.checksums(), { ...wanted, checksums: true });
    return Object.entries(page.header.checksums ?? {})
      .filter(([name, theirs]) => ours[name]?.hash !== theirs.hash || ours[name].count !== theirs.count)
      .map(([name]) => name)
      .sort();
  }

  /** What to ask for so that it is right. Nothing: it is, or the member may not see it any more. */
  async #mending(collection: string): Promise<readonly JsonObject[]> {
    const { page, ours } = await this.#compared(() => this.store.bucketHashes(collection), { buckets: collection });
    const theirs = page.header.buckets ?? [];
    if (theirs.length === 0) {
      return [];
    }
    const mine = folded(ours, theirs.length);
    const differing = theirs.flatMap((hash, number) => (mine[number] === hash ? [] : [number]));
    if (differing.length > Math.min(MENDED_BUCKETS, theirs.length / 2)) {
      return [{ reload: [collection] }];
    }
    const wanted: JsonObject[] = [];
    for (const bucket of differing) {
      const have = await this.store.inBucket(collection, bucket, theirs.length);
      wanted.push({ repair: { collection, bucket, of: theirs.length, have } });
    }
    return wanted;
  }

  /** The page that completes a pull and tells what is `wanted`, and `ours` at the very instant that it shows. */
  async #compared<T>(ours: () => Promise<T>, wanted: JsonObject): Promise<{ page: Page; ours: T }> {
    let asking = wanted;
    for (;;) {
      const { asked, page } = await this.pulling.ask(asking);
      const kept = await this.store.keep(page, asked);
      if (kept && "reload" in asking) {
        asking = Object.fromEntries(Object.entries(asking).filter(([name]) => name !== "reload")); // the cursor remembers
      }
      if (!kept || page.header.more) {
        continue;
      }
      const before = await this.store.standing();
      const found = await ours();
      const after = await this.store.standing();
      if (before.cursor === page.header.cursor && after.cursor === before.cursor && after.step === before.step) {
        return { page, ours: found };
      }
      // A page came on the air meanwhile: these rows are not the ones that the server counted.
    }
  }
}
