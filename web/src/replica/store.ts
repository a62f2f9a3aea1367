/** What a replica holds, to the sync room: base rows as the server sent them, apart from the queue of what was done here. */
import type { MemberSchema } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import { Comparing } from "./comparing";
import type { Files } from "./files";
import { Numbers } from "./numbers";
import { follows } from "./pages";
import { putMeta } from "./own_file";
import { baseText, rowOf, type RowsFile } from "./rows_file";
import { Shelf, Uploads } from "./shelf";
import { Showing } from "./showing";
import { eachSlice, fillLists, index, stage } from "./staging";
import type { ByteStream, Checksum, OwnValues, Page, Standing, StoreApi } from "./store_api";
import { FileUnusable } from "./errors";

const EVERYTHING = -1;
const UNNOTICED_MS = 12;

export class Store implements StoreApi {
  readonly numbers: Numbers;
  readonly shelf: Shelf;
  readonly uploads: Uploads;
  private readonly showing: Showing;
  private readonly comparing: Comparing;
  /** One page after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly files: Files) {
    this.numbers = new Numbers(files);
    this.shelf = new Shelf(files.own, files.driver);
    this.uploads = new Uploads(files.own);
    this.showing = new Showing(files);
    this.comparing = new Comparing(files);
  }

  get outbox(): Files["outbox"] {
    return this.files.outbox;
  }

  get(key: keyof OwnValues | `sync.${string}`): Promise<never> {
    return this.files.own.get(key) as Promise<never>;
  }

  async set(values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.files.alone(() => this.files.own.set(values as Record<string, Json>));
  }

  async schema(): Promise<MemberSchema | null> {
    return this.files.shown.meta.schema;
  }

  putSchema(schema: MemberSchema): Promise<void> {
    return this.files.alone(() => this.keepSchema(schema));
  }

  private async keepSchema(schema: MemberSchema): Promise<void> {
    const before = this.files.shown.meta;
    const seen = [...before.gone, ...Object.keys(before.schema?.collections ?? {})];
    const gone = [...new Set(seen)].filter((name) => !(name in schema.collections)).sort();
    await this.files.shown.put({ schema, gone });
  }

  nameDevice(newId: string, name: string, platform: string): Promise<string> {
    return this.files.alone(() =>
      this.files.own.tx(async (inside) => {
        const known = await this.files.own.getIn(inside, "device_id");
        await putMeta(inside, { device_id: known ?? newId, name, platform });
        return String(known ?? newId);
      }),
    );
  }

  async registered(deviceId: string, answer: { readonly memberId: string; readonly lastMutation: number; readonly schema: MemberSchema }): Promise<void> {
    await this.files.alone(async () => {
      const { own } = this.files;
      if ((await own.get("device_id")) !== deviceId) return;
      await this.keepSchema(answer.schema);
      await own.tx(async (inside) => {
        const begins = (await own.getIn(inside, "next_n")) === null && { next_n: answer.lastMutation + 1 };
        await putMeta(inside, { member_id: answer.memberId, unannounced: false, ...begins });
      });
      await this.files.showUnder(await this.files.doneNow(this.files.shown));
    });
  }

  async standing(): Promise<Standing> {
    const { own } = this.files;
    const { cursor, step } = this.files.standing.meta;
    const known = this.files.shown.meta.schema !== null && (await own.get("unannounced")) !== true;
    const [barrier, ackedTo] = ((await own.get("barrier")) as [string | null, number] | null) ?? [null, 0];
    return { deviceId: known ? ((await own.get("device_id")) as string | null) : null, cursor, step, barrier, ackedTo };
  }

  private async stands(asked: Standing): Promise<boolean> {
    const now = await this.standing();
    return now.deviceId === asked.deviceId && now.cursor === asked.cursor && now.step === asked.step;
  }

  keep(page: Page, asked: Standing): Promise<boolean> {
    return this.oneByOne(async () => (await this.stands(asked)) && this.take(page, asked));
  }

  keepLive(page: Page): Promise<boolean> {
    return this.oneByOne(async () => {
      const now = await this.standing();
      if (now.deviceId === null || now.cursor === null || page.header.follows !== follows(now.cursor)) return false;
      return this.take(page, { ...now, ackedTo: 0 });
    });
  }

  private async take(page: Page, asked: Standing): Promise<boolean> {
    const { header } = page;
    if (header.rebase && asked.cursor !== null) await this.set({ compare: true }); // the server may stand behind us
    if (header.described) await this.putSchema(header.described);
    const ackedTo = header.more ? null : asked.ackedTo;
    const brings = header.rebase || page.sections.length > 0 || header.cursor !== asked.cursor;
    if (brings) {
      const kept = header.rebase ? await this.beginNext(page, asked, ackedTo) : await this.stageHere(page, asked, ackedTo);
      if (!kept) return false;
    } else if (ackedTo !== null) {
      await this.complete(ackedTo);
    }
    await this.finish();
    return true;
  }

  /** A rebase: its rows go to a file of their own. */
  private async beginNext(page: Page, asked: Standing, ackedTo: number | null): Promise<boolean> {
    const { number, file } = await this.files.makeNext();
    const stagedTo = await stage(file, page);
    return this.files.alone(async () => {
      if (!(await this.stands(asked))) {
        await this.files.driver.drop(file.name);
        return false;
      }
      const numbering = (await this.files.own.numbering()).id;
      await file.put({ cursor: page.header.cursor, step: asked.step + 1, numbering, staged_to: stagedTo, complete: ackedTo === null ? null : { ackedTo } });
      await this.files.awaitNext(number, file);
      return true;
    });
  }

  private async stageHere(page: Page, asked: Standing, ackedTo: number | null): Promise<boolean> {
    const file = this.files.standing;
    const stagedTo = await stage(file, page);
    return this.files.alone(async () => {
      if (file !== this.files.standing || !(await this.stands(asked))) return false;
      await file.put({ cursor: page.header.cursor, step: asked.step + 1, staged_to: stagedTo, complete: ackedTo === null ? file.meta.complete : { ackedTo } });
      return true;
    });
  }

  /** A pull that brought nothing is complete: it contains what was answered. */
  private async complete(ackedTo: number): Promise<void> {
    await this.files.alone(() => this.files.standing.put({ complete: { ackedTo } }));
  }

  /** Goes on where pages, or a kill, have left the rows. */
  finish(): Promise<void> {
    return this.showing.finish();
  }

  async beginAfresh({ compare = false }: { readonly compare?: boolean } = {}): Promise<void> {
    await this.oneByOne(() =>
      this.files.alone(async () => {
        if (compare) await this.files.own.set({ compare: true });
        const { step } = this.files.standing.meta;
        await this.files.shown.put({ cursor: null, step: step + 1 });
        await this.files.dropNext();
      }),
    );
  }

  importWhole(content: ByteStream, cursor: string): Promise<void> {
    return this.oneByOne(async () => {
      const { number, file } = await this.imported(content);
      await this.files.alone(async () => {
        const numbering = (await this.files.own.numbering()).id;
        await file.put({ cursor, step: this.files.standing.meta.step + 1, numbering });
        await this.files.awaitNext(number, file);
        await this.files.own.set({ load: null });
      });
    });
  }

  showPart(content: ByteStream): Promise<void> {
    return this.oneByOne(async () => {
      if (!(await this.isEmpty())) return;
      const { number, file } = await this.imported(content);
      if (await file.makeLists(this.files.described)) await fillLists(file, this.files.described);
      await this.files.alone(async () => {
        const { schema, gone, contained, cursor, step, numbering } = this.files.shown.meta;
        await file.put({ schema, gone, contained, cursor, step, numbering, priming: true });
        const done = await this.files.doneNow(file);
        await this.files.showAnew(done, file);
        await this.files.showNext(number, file, done);
      });
    });
  }

  private async imported(content: ByteStream): Promise<{ readonly number: number; readonly file: RowsFile }> {
    try {
      const made = await this.files.makeNext(content);
      await made.file.query("SELECT collection, id, data FROM base LIMIT 1");
      if (await made.file.takeLists(this.files.described)) await made.file.put({ overlay_round: EVERYTHING });
      return made;
    } catch (wrong) {
      throw wrong instanceof FileUnusable ? wrong : new FileUnusable("the file is no load of rows", { cause: wrong });
    }
  }

  async isEmpty(): Promise<boolean> {
    return (await this.files.shown.query("SELECT 1 FROM base LIMIT 1")).length === 0;
  }

  async priming(): Promise<boolean> {
    return this.files.shown.meta.priming;
  }

  async baseRow(collection: string, id: string): Promise<JsonObject | null> {
    const { shown } = this.files;
    const text = await baseText(shown, collection, id, shown.meta.layer);
    return text === null ? null : rowOf(text);
  }

  async baseRows(collection: string): Promise<readonly JsonObject[]> {
    const rows = await this.files.shown.query("SELECT data FROM base WHERE collection = ? ORDER BY id", [collection]);
    return rows.map(([text]) => rowOf(String(text)));
  }

  baseTexts(collection: string, after?: string, most?: number): Promise<readonly (readonly [id: string, text: string])[]> {
    return this.comparing.baseTexts(collection, after, most);
  }

  checksums(): Promise<Readonly<Record<string, Checksum>>> {
    return this.comparing.checksums();
  }

  bucketHashes(collection: string): Promise<readonly bigint[]> {
    return this.comparing.bucketHashes(collection);
  }

  inBucket(collection: string, bucket: number, buckets: number): Promise<Readonly<Record<string, string>>> {
    return this.comparing.inBucket(collection, bucket, buckets);
  }

  size(): Promise<number> {
    return this.files.driver.size();
  }

  /** Fills what searches look in, slice by slice, until all of it is there. */
  async fillSearch(isClosed: () => boolean): Promise<void> {
    const file = this.files.shown;
    const [done] = file.meta.searching ?? [null];
    if (done === null) return;
    await this.files.quiet();
    for (const collection of Object.keys(this.files.described.searched).sort()) {
      if (collection <= done) continue;
      await eachSlice(file, collection, async (inside, rows) => {
        if (isClosed() || file !== this.files.shown) throw new SearchLeft();
        await index(inside, this.files.described, collection, rows);
      }, { aimMs: UNNOTICED_MS, between: () => this.files.quiet() });
      await file.put({ searching: [collection, ""] });
    }
    await file.put({ searching: null });
  }

  private oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined); // whoever waits in turn has no part in it; `mine` carries the error
    return mine;
  }
}

/** The rows that are being filled in are not the ones that show any more. */
export class SearchLeft extends Error {
  override readonly name = "SearchLeft";
}
