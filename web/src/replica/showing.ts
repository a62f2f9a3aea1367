/** How rows that came begin to show: all of an instant at once, without anybody waiting long for it. */
import { touch, type Done, type Touched } from "./done";
import { type Files, unresolved } from "./files";
import { dropTable, LAYER, type Described, type ListsInside } from "./list_tables";
import { Pace, pause } from "./pace";
import type { RowsFile } from "./rows_file";
import { refresh } from "./shown";
import { begunAnew, erasedIn, fillLists, type Layer, makeLayer, MERGED_ROWS, NO_LAYER, settle, staged, stagedOf } from "./staging";

const SLICE_ROWS = 400;
const REBUILT_ROWS = 1_000;

export class Showing {
  constructor(private readonly files: Files) {}

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
