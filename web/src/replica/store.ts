/** What a replica holds, to the sync room: base rows as the server sent them, apart from the queue of what was done here. */
import type { MemberSchema } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import type { Files } from "./files";
import { unresolved } from "./files";
import { Numbers } from "./numbers";
import { BUCKETS, bucketOf, digestOf, follows, hashText } from "./pages";
import { putMeta } from "./own_file";
import { Pace, pause } from "./pace";
import { baseText, rowOf, type RowsFile } from "./rows_file";
import { refresh } from "./shown";
import { Shelf, Uploads } from "./shelf";
import { MERGED_ROWS, begunAnew, erasedIn, eachSlice, fillLists, index, type Layer, makeLayer, NO_LAYER, settle, stage, staged, stagedOf } from "./staging";
import type { ByteStream, Checksum, OwnValues, Page, Standing, StoreApi } from "./store_api";
import { dropTable, LAYER, type Described, type ListsInside } from "./list_tables";
import { touch, type Done, type Touched } from "./done";
import { FileUnusable } from "./errors";

const SLICE_ROWS = 400;
const REBUILT_ROWS = 1_000;
const TEXTS_AT_ONCE = 1_000;
const EVERYTHING = -1;
const UNNOTICED_MS = 12;

export class Store implements StoreApi {
  readonly numbers: Numbers;
  readonly shelf: Shelf;
  readonly uploads: Uploads;
  /** One page after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly files: Files) {
    this.numbers = new Numbers(files);
    this.shelf = new Shelf(files.own, files.driver);
    this.uploads = new Uploads(files.own);
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
  async finish(): Promise<void> {
    const { next, shown } = this.files;
    if (next !== null) {
      await this.settleNext(next);
      if (next.meta.complete !== null) await this.showNext(next, next.meta.complete.ackedTo);
      return;
    }
    if (shown.meta.layer.length > 0) await this.merge(shown);
    if (shown.meta.complete !== null) await this.showStaged(shown, shown.meta.complete.ackedTo);
  }

  /** All that is staged shows at once. Where it is much, its rows stand in a layer before the lists, and are merged behind. */
  private async showStaged(file: RowsFile, ackedTo: number): Promise<void> {
    const anew = await file.tx(begunAnew);
    if (anew.length > 0 && (await this.isMuch(file, anew))) return this.rebuild(file, anew, ackedTo);
    const [much] = await file.query("SELECT 1 FROM staged LIMIT 1 OFFSET ?", [MERGED_ROWS]);
    const directly = new Set([...anew, "inbox", ...this.files.done.numbered()]);
    const layer = much === undefined ? NO_LAYER : await makeLayer(file, this.files.described, directly);
    const leaves = anew.length > 0 || (await file.query("SELECT 1 FROM staged WHERE data IS NULL LIMIT 1")).length > 0;
    await this.files.alone(() => this.show(file, anew, layer, ackedTo));
    if (layer.names.length > 0) await this.merge(file);
    if (leaves) await file.clear();
  }

  /** Inside `alone`. */
  private async show(file: RowsFile, anew: readonly string[], { names: layer, ids, erased: leaving }: Layer, ackedTo: number): Promise<void> {
    const { described } = this.files;
    const contained = Math.max(file.meta.contained, ackedTo);
    const round = await this.files.own.overlayRound();
    const result = await file.tx(async (inside, put) => {
      const touched: Touched = new Map();
      for (const collection of anew) await this.empty(inside, collection, touched, described);
      await inside.run("DELETE FROM replacing");
      const erased = [...leaving];
      for (const [collection] of await inside.query("SELECT DISTINCT collection FROM staged")) {
        const name = String(collection);
        inside.changed([name]);
        const some = ids.get(name);
        if (some !== undefined) {
          inside.shows(name, some);
          continue;
        }
        const arriving = await stagedOf(inside, name, null);
        for (const { id } of arriving) touch(touched, name, id);
        erased.push(...(await settle(inside, described, arriving)));
      }
      // Not by a question beside this transaction: that would wait for its end.
      const inbox = touched.has("inbox") || !this.files.knowsInbox ? await unresolved(inside) : undefined;
      const done = await this.files.doneNow(file, contained, inbox);
      const rows = ours(touched, done, this.files.done);
      for (const name of layer) for (const id of done.idsIn(name)) touch(rows, name, id);
      await refresh(inside, described, rows, done, { layer });
      await put({ complete: null, contained, layer, priming: false, overlay_round: round });
      inside.changed(touched.keys());
      return { erased, done, inbox };
    });
    if (result.inbox !== undefined) this.files.forgetInbox();
    this.files.shownNow(result.done);
    await this.files.outbox.forgetAbout(result.erased);
  }

  /** What shows in the layer goes where it belongs, slice by slice. */
  private async merge(file: RowsFile): Promise<void> {
    const pace = new Pace(MERGED_ROWS);
    const slice = () =>
      pace.slice((size) =>
        this.files.alone(() =>
          file.tx(async (inside, put) => {
            const { layer } = file.meta;
            const arriving = await staged(inside, size);
            await settle({ ...inside, listed: inside.moved }, this.files.described, arriving, layer);
            if (arriving.length < size) {
              for (const name of layer) await dropTable(inside, LAYER + (this.files.described.lists[name]?.table ?? ""));
              await put({ layer: [] });
            }
            return arriving.length;
          }),
        ),
      );
    while (await slice()) await pause();
  }

  private async isMuch(file: RowsFile, collections: readonly string[]): Promise<boolean> {
    const told = JSON.stringify(collections);
    const [rows] = await file.query("SELECT 1 FROM base WHERE collection IN (SELECT value FROM json_each(?)) LIMIT 1 OFFSET ?", [told, REBUILT_ROWS]);
    const [come] = await file.query("SELECT 1 FROM staged LIMIT 1 OFFSET ?", [REBUILT_ROWS]);
    return rows !== undefined || come !== undefined;
  }

  /** Large collections begin anew: all rows go to a file of their own, in slices, which then takes the place of this one. */
  private async rebuild(file: RowsFile, anew: readonly string[], ackedTo: number): Promise<void> {
    const { number, file: made } = await this.files.makeNext();
    for (const table of ["base", "staged"] as const) {
      for (const [found] of await file.query(`SELECT DISTINCT collection FROM ${table}`)) {
        const collection = String(found);
        if (table === "staged" || !anew.includes(collection)) await copy(file, made, table, collection);
      }
    }
    await this.files.alone(async () => {
      const { cursor, step, numbering, staged_to } = file.meta;
      await made.put({ cursor, step, numbering, staged_to, complete: { ackedTo } });
      await this.files.awaitNext(number, made);
    });
    await this.finish();
  }

  private async empty(inside: ListsInside, collection: string, touched: Touched, lists: Described | null): Promise<void> {
    const list = lists?.lists[collection];
    for (const [id] of await inside.query("SELECT id FROM base WHERE collection = ?", [collection])) touch(touched, collection, String(id));
    if (!touched.has(collection)) touched.set(collection, new Set());
    await inside.run("DELETE FROM base WHERE collection = ?", [collection]);
    await inside.run("DELETE FROM search WHERE collection = ?", [collection]);
    if (list !== undefined) await inside.run(`DELETE FROM "${list.table}"`);
    inside.listed(collection, null);
    for (const id of this.files.done.idsIn(collection)) touch(touched, collection, id);
  }

  /** Nobody sees these rows yet: what is staged goes to the base slice by slice. */
  private async settleNext(file: RowsFile): Promise<void> {
    const lists = file.meta.listsHash === this.files.described.listsHash ? this.files.described : null;
    await file.tx(async (inside) => {
      const touched: Touched = new Map();
      for (const collection of await begunAnew(inside)) await this.empty(inside, collection, touched, lists);
      await inside.run("DELETE FROM replacing");
    });
    const pace = new Pace(SLICE_ROWS);
    const slice = () =>
      pace.slice((size) =>
        file.tx(async (inside) => {
          const arriving = await staged(inside, size);
          await settle(inside, lists, arriving);
          return arriving.length;
        }),
      );
    while (await slice()) await pause();
  }

  private async showNext(file: RowsFile, ackedTo: number): Promise<void> {
    const { described, own } = this.files;
    if (await file.makeLists(described)) await fillLists(file, described);
    const erased = (await this.files.outbox.saysAnything()) ? await erasedIn(file, described) : [];
    await this.files.alone(async () => {
      const generations = await own.generations();
      if (generations.next === null || file !== this.files.next) return;
      const { schema, gone, contained } = this.files.shown.meta;
      await file.put({ schema, gone, contained: Math.max(contained, ackedTo), complete: null });
      const done = await this.files.doneNow(file);
      await this.files.showAnew(done, file);
      await this.files.showNext(generations.next, file, done);
    });
    await this.files.outbox.forgetAbout(erased);
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

/** One collection's rows of a table, from file to file. */
async function copy(from: RowsFile, to: RowsFile, table: "base" | "staged", collection: string): Promise<void> {
  const columns = table === "base" ? "collection, id, data" : "collection, id, data, at";
  const marks = table === "base" ? "?, ?, ?" : "?, ?, ?, ?";
  for (let after = ""; ; ) {
    const rows = await from.query(`SELECT ${columns} FROM ${table} WHERE collection = ? AND id > ? ORDER BY id LIMIT ?`, [collection, after, SLICE_ROWS]);
    await to.tx((inside) => inside.runMany(`INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${marks})`, rows));
    const last = rows.at(-1);
    if (last === undefined || rows.length < SLICE_ROWS) return;
    after = String(last[1]);
    await pause();
  }
}

/** Of what changed, the rows that show otherwise than the base, or did. */
function ours(touched: Touched, done: Done, before: Done): Touched {
  const found = done.changedSince(before);
  for (const [collection, ids] of touched) {
    if (!found.has(collection)) found.set(collection, new Set());
    for (const id of ids) if (done.of(collection, id).length > 0 || before.of(collection, id).length > 0) touch(found, collection, id);
  }
  return found;
}
