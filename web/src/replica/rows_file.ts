/** A file of what the server sent: base rows, pages on their way, the lists over the rows, and how far all that is.
 *
 * A page is staged in slices; a slice counts when the page's own transaction raises `staged_to` to its number.
 */
import type { MemberSchema } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import type { Database, Found, Inside, Value } from "./driver";
import { KeptLists, wrote, type Wrote } from "./kept_lists";
import { dropTable, type ListsInside, makeIndexes, makeOurs, makeTable, type Described } from "./list_tables";
import { metaOf, putMeta } from "./own_file";

const TABLES = [
  "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS base (collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS staged (collection TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, data TEXT, PRIMARY KEY (collection, id, at)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS replacing (collection TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (collection, at)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS search (collection TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS added (collection TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID",
];

export interface RowsMeta {
  readonly cursor: string | null;
  readonly step: number;
  /** The rows contain every mutation answered up to this number. */
  readonly contained: number;
  /** The device's numbering that `contained` and `cursor` are of. */
  readonly numbering: number;
  /** The round of the overlay for which the lists are true. */
  readonly overlay_round: number;
  readonly schema: MemberSchema | null;
  /** Collections that the member saw once and does not see now. */
  readonly gone: readonly string[];
  /** Only a part of the rows is here yet. */
  readonly priming: boolean;
  /** Rows of these collections that are staged show already: they stand before those of the list until they are merged. */
  readonly layer: readonly string[];
  /** The last page is in; what is staged waits to be shown. */
  readonly complete: { readonly ackedTo: number } | null;
  readonly staged_to: number;
  readonly listsHash: string | null;
  /** How far the background has filled the search: behind this (collection, id); null: all of it. */
  readonly searching: readonly [collection: string, id: string] | null;
}

const FIRST: RowsMeta = {
  cursor: null, step: 0, contained: 0, numbering: 0, overlay_round: -1, schema: null, gone: [], priming: false, layer: [], complete: null, staged_to: 0, listsHash: null, searching: ["", ""],
};

export interface FileInside extends ListsInside {
  /** The layer's rows of a collection show from now on, and those that it says are gone, are. */
  shows(collection: string, ids: Iterable<string>): void;
  /** Rows lie elsewhere now, and are the same. */
  moved(collection: string, ids: Iterable<string> | null): void;
}

export class RowsFile {
  /** Those of its lists that stand in memory. */
  readonly lists = new KeptLists();

  private constructor(
    readonly name: string,
    readonly db: Database,
    private readonly described: Described,
    private known: RowsMeta,
  ) {}

  static async over(name: string, db: Database, described: Described): Promise<RowsFile> {
    const known = await db.tx(async (inside) => {
      for (const statement of TABLES) await inside.run(statement);
      const found = Object.fromEntries((await inside.query("SELECT key, value FROM meta")).map(([key, value]) => [String(key), JSON.parse(String(value)) as Json]));
      const meta = { ...FIRST, ...found } as RowsMeta;
      await inside.run("DELETE FROM staged WHERE at > ?", [meta.staged_to]); // of pages that were not kept
      await inside.run("DELETE FROM replacing WHERE at > ?", [meta.staged_to]);
      return meta;
    });
    return new RowsFile(name, db, described, known);
  }

  /** As of the last transaction. */
  get meta(): RowsMeta {
    return this.known;
  }

  query(sql: string, parameters: readonly Value[] = []): Promise<Found> {
    return this.db.query(sql, parameters);
  }

  /** `put` changes single values with the transaction. */
  async tx<T>(work: (inside: FileInside, put: (values: Partial<RowsMeta>) => Promise<void>) => Promise<T>): Promise<T> {
    let changed: Partial<RowsMeta> = {};
    const written: Wrote = { rows: new Map(), showing: new Map(), moved: new Map() };
    const isWritten = (): boolean => Object.values(written).some((some: Wrote["rows"]) => some.size > 0);
    const note = (to: Wrote["rows"]) => (collection: string, ids: Iterable<string> | null) => wrote(to, collection, ids);
    try {
      const result = await this.db.tx(async (inside) => {
        const done = await work({ ...inside, listed: note(written.rows), shows: note(written.showing), moved: note(written.moved) }, async (values) => {
          changed = { ...changed, ...values };
          await putMeta(inside, values);
        });
        // Before it ends: whoever asks next finds both true.
        if (isWritten()) await this.lists.follow(inside, this.described, written, await layerIn(inside));
        return done;
      });
      this.known = { ...this.known, ...changed };
      return result;
    } catch (wrong) {
      if (isWritten()) this.lists.forget();
      throw wrong;
    }
  }

  async put(values: Partial<RowsMeta>): Promise<void> {
    await this.tx((_, put) => put(values));
  }

  /** Overwrites at once what was taken away: else it lies on in the WAL until nothing is asked for a while. */
  async clear(): Promise<void> {
    await this.db.query("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Makes the tables of the lists. Whether they have to be filled: those of another app, and those that are not there.
   * Indexes come when they are: sorted at once they cost a fraction. */
  async makeLists(described: Described): Promise<boolean> {
    if (this.known.listsHash === described.listsHash) return false;
    await this.tx(async (inside, put) => {
      const former = await inside.query("SELECT name FROM sqlite_master WHERE type = 'table' AND (name GLOB 'list_*' OR name GLOB 'next_list_*')");
      for (const [table] of former) await dropTable(inside, String(table));
      for (const list of Object.values(described.lists)) await makeTable(inside, list);
      await inside.run("DELETE FROM search");
      await put({ searching: ["", ""], overlay_round: -1 });
    });
    return true;
  }

  /** A load file's own tables, where it has them for these lists; otherwise false. */
  async takeLists(described: Described): Promise<boolean> {
    if ((await metaOf(this.db, "listsHash")) !== described.listsHash) return false;
    await this.tx(async (inside) => {
      for (const list of Object.values(described.lists)) {
        const [indexed] = await inside.query("SELECT 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL LIMIT 1", [list.table]);
        await makeTable(inside, list);
        await (indexed === undefined ? makeIndexes : makeOurs)(inside, list);
      }
    });
    return true;
  }
}

/** Collections whose staged rows stand before their list's, in the transaction under way. */
export async function layerIn(inside: Pick<Inside, "query">): Promise<readonly string[]> {
  return ((await metaOf(inside, "layer")) as readonly string[] | null) ?? [];
}

/** The server's row, as the last completed pull brought it. */
export async function baseText(from: Pick<Inside, "query">, collection: string, id: string, layer: readonly string[] = []): Promise<string | null> {
  if (layer.includes(collection)) {
    const [staged] = await from.query("SELECT data FROM staged WHERE collection = ? AND id = ? ORDER BY at DESC LIMIT 1", [collection, id]);
    if (staged !== undefined) return staged[0] === null ? null : String(staged[0]);
  }
  const text = (await from.query("SELECT data FROM base WHERE collection = ? AND id = ?", [collection, id]))[0]?.[0];
  return typeof text === "string" ? text : null;
}

export async function baseTextsOf(from: Pick<Inside, "query">, collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await from.query("SELECT id, data FROM base WHERE collection = ? AND id IN (SELECT value FROM json_each(?))", [collection, JSON.stringify(ids)]);
  return new Map(rows.map(([id, data]) => [String(id), String(data)]));
}

export function rowOf(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
