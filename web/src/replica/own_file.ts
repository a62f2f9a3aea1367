/** The file of what is the member's alone: the queue, numbers taken, files kept, a few single values.
 *
 * What it says is on the disk when its transaction ends. `overlayRound` counts the changes to what is shown over the rows:
 * the rows' file remembers for which round its lists are true.
 */
import type { Json } from "~/values/json";
import type { Database, Found, Inside, Value } from "./driver";
import { ReplicaNewer } from "./errors";

export const LAYOUT = 3;
const SHELF_USE = "CREATE TABLE shelf_use (name TEXT PRIMARY KEY, used_at INTEGER NOT NULL) WITHOUT ROWID";
/** What brings a file of a layout to the next one: what an older app made stays, unsent edits above all. Each is done as a
 * whole or not at all. Never changed once an app was given out; another layout is another step. */
const STEPS: Readonly<Record<number, readonly string[]>> = {
  // Files that the server has too may go: what was used longest ago goes first, and of what lies there nothing is known yet.
  1: [SHELF_USE, "INSERT INTO shelf_use (name, used_at) SELECT DISTINCT name, 0 FROM shelf"],
  // What was asked under a key: what an older app noted without is answered as it was.
  2: ["ALTER TABLE applied ADD COLUMN asked TEXT"],
};
/** A file of the newest layout. */
const TABLES = [
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  `CREATE TABLE outbox (
    n INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, command TEXT NOT NULL, arguments TEXT NOT NULL, base TEXT NOT NULL,
    server_base TEXT NOT NULL, made_at TEXT NOT NULL, schema TEXT, schema_version INTEGER NOT NULL, collection TEXT,
    effect TEXT NOT NULL, row_id TEXT, shows TEXT NOT NULL, outcome TEXT, settled INTEGER NOT NULL DEFAULT 0,
    again INTEGER NOT NULL DEFAULT 0, answered_at TEXT)`,
  "CREATE INDEX outbox_unanswered ON outbox (n) WHERE outcome IS NULL OR again = 1",
  "CREATE INDEX outbox_row ON outbox (row_id)",
  "CREATE TABLE applied (key TEXT PRIMARY KEY, result TEXT NOT NULL, made_at TEXT NOT NULL, asked TEXT) WITHOUT ROWID",
  "CREATE TABLE number_next (lease_id TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
  `CREATE TABLE number_held (
    number TEXT PRIMARY KEY, series TEXT NOT NULL, lease_id TEXT NOT NULL, holder TEXT NOT NULL, taken_at TEXT NOT NULL) WITHOUT ROWID`,
  "CREATE TABLE upload (attachment_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, code TEXT, message TEXT) WITHOUT ROWID",
  "CREATE TABLE shelf (name TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, at))",
  SHELF_USE,
];

/** Which rows' files there are: the one that is shown, the one that is to take its place, and the next free number. */
export interface Generations {
  readonly shown: number;
  readonly next: number | null;
  readonly free: number;
}

/** The device's numbering changed (a copy, a restore): rows' files of another `id` contain at most `most`. */
export interface Numbering {
  readonly id: number;
  readonly most: number;
  /** Whether the cursor went with it. */
  readonly afresh: boolean;
}

export class OwnFile {
  private constructor(readonly db: Database) {}

  /** A new file, or one that an app of this or an older layout has left. Raises ReplicaNewer; then it is as it was. */
  static async over(db: Database): Promise<OwnFile> {
    const found = Number((await db.query("PRAGMA user_version"))[0]?.[0] ?? 0);
    if (found > LAYOUT) throw new ReplicaNewer(`the replica is of layout ${found}`);
    if (found === 0) await become(db, LAYOUT, TABLES);
    else for (let layout = found; layout < LAYOUT; layout += 1) await become(db, layout + 1, STEPS[layout] ?? []);
    return new OwnFile(db);
  }

  query(sql: string, parameters: readonly Value[] = []): Promise<Found> {
    return this.db.query(sql, parameters);
  }

  tx<T>(work: (inside: Inside) => Promise<T>): Promise<T> {
    return this.db.tx(work);
  }

  get(key: string): Promise<Json> {
    return metaOf(this.db, key);
  }

  getIn(inside: Pick<Inside, "query">, key: string): Promise<Json> {
    return metaOf(inside, key);
  }

  async set(values: Readonly<Record<string, Json>>): Promise<void> {
    await this.tx((inside) => putMeta(inside, values));
  }

  generations(): Promise<Generations> {
    return this.generationsIn(this.db);
  }

  async generationsIn(from: Pick<Inside, "query">): Promise<Generations> {
    return ((await metaOf(from, "generations")) as unknown as Generations | null) ?? { shown: 1, next: null, free: 2 };
  }

  async numbering(): Promise<Numbering> {
    return ((await this.get("numbering")) as unknown as Numbering | null) ?? { id: 0, most: 0, afresh: false };
  }

  async overlayRound(): Promise<number> {
    return Number((await this.get("overlay_round")) ?? 0);
  }
}

function become(db: Database, layout: number, statements: readonly string[]): Promise<void> {
  return db.tx(async (inside) => {
    for (const statement of statements) await inside.run(statement);
    await inside.run(`PRAGMA user_version = ${layout}`);
  });
}

/** One more round of the overlay. */
export async function nextRound(inside: Inside): Promise<void> {
  await putMeta(inside, { overlay_round: Number((await metaOf(inside, "overlay_round")) ?? 0) + 1 });
}

export async function metaOf(from: Pick<Inside, "query">, key: string): Promise<Json> {
  const text = (await from.query("SELECT value FROM meta WHERE key = ?", [key]))[0]?.[0];
  return typeof text === "string" ? (JSON.parse(text) as Json) : null;
}

export async function putMeta(inside: Inside, values: Readonly<Record<string, unknown>>): Promise<void> {
  await inside.runMany(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]),
  );
}
