/** SQLite in WebAssembly: in a dedicated worker with files in the origin's private file system, elsewhere in memory.
 *
 * A pool of files is one directory, held by one worker. Opening it fails now and then just after a navigation, when the
 * former page's handles are not released yet: it is tried for a while.
 */
import sqlite3InitModule, { type Database as Raw, type SAHPoolUtil, type Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { pieces, type Database, type Driver, type Durability } from "./driver";
import { FileUnusable, ReplicaBusy } from "./errors";
import type { ByteStream } from "./store_api";
import { WasmDatabase } from "./wasm_database";

const ATTEMPTS = 8;
const FIRST_WAIT_MS = 60;
// own, rows, the next rows, a load, each with its WAL, and room. Each costs some ms of every start; but all are made before
// any is written to: where Chromium makes one while the worker writes another, that never ends now and then.
const FILES_OF_A_POOL = 10;
// A row's text is some 700 bytes and every page is a call of its own: rows take larger ones. A load file has its own.
const PAGE_BYTES: Record<Durability, number> = { own: 4_096, rows: 8_192, parts: 65_536 };
const CACHE_KIB: Record<Durability, number> = { own: 2_048, rows: 24_576, parts: 2_048 };
const SYNCHRONOUS: Record<Durability, string> = { own: "full", rows: "normal", parts: "off" };
// One checkpoint is one moment in which nobody reads, and whoever commits then waits for it: it is made when nothing has
// been asked for a while; while there is no such moment, at so many pages. Parts are never moved out of their WAL.
const CHECKPOINT_PAGES: Record<Durability, number> = { own: 1_000, rows: 1_000, parts: 0 };
const QUIET_MS = 800;

let loading: Promise<Sqlite3Static> | null = null;

function sqlite(): Promise<Sqlite3Static> {
  loading ??= sqlite3InitModule();
  return loading;
}

/** Begins to load SQLite, for whoever is going to open a driver. What goes wrong is told there. */
export function loadSqlite(): void {
  sqlite().catch(() => undefined); // `loading` carries the error to whoever opens a driver
}

/** Whether files that outlive the page can be had here: a dedicated worker with OPFS. */
export function hasOpfs(): boolean {
  return typeof navigator !== "undefined" && typeof navigator.storage?.getDirectory === "function" && typeof FileSystemSyncAccessHandle !== "undefined";
}

/** The files of the pool `directory`. Raises ReplicaBusy while another worker holds them. */
export async function openOpfs(directory: string): Promise<Driver> {
  const sqlite3 = await sqlite();
  const pool = await patiently(() =>
    sqlite3.installOpfsSAHPoolVfs({
      name: `opfs-${directory}`,
      directory: `/${directory}`,
      initialCapacity: FILES_OF_A_POOL,
      forceReinitIfPreviouslyFailed: true,
    } as Parameters<Sqlite3Static["installOpfsSAHPoolVfs"]>[0]),
  );
  await pool.reserveMinimumCapacity(FILES_OF_A_POOL);
  return new PoolDriver(sqlite3, pool);
}

/** Databases that are gone with the page. */
export async function openMemory(): Promise<Driver> {
  return new MemoryDriver(await sqlite());
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (wrong) {
      if (attempt === ATTEMPTS - 1) throw new ReplicaBusy("the files of the replica cannot be opened", { cause: wrong });
      await new Promise((after) => setTimeout(after, FIRST_WAIT_MS * 1.6 ** attempt));
    }
  }
}

abstract class WasmDriver implements Driver {
  abstract readonly kind: "opfs" | "memory";
  protected readonly opened = new Map<string, WasmDatabase>();

  constructor(protected readonly sqlite3: Sqlite3Static) {}

  abstract open(name: string, durability: Durability, content?: ByteStream): Promise<Database>;
  abstract names(): Promise<readonly string[]>;
  abstract drop(name: string): Promise<void>;
  abstract size(): Promise<number>;

  async close(): Promise<void> {
    for (const database of this.opened.values()) await database.close();
  }
}

class PoolDriver extends WasmDriver {
  readonly kind = "opfs";

  constructor(
    sqlite3: Sqlite3Static,
    private readonly pool: SAHPoolUtil,
  ) {
    super(sqlite3);
  }

  async open(name: string, durability: Durability, content?: ByteStream): Promise<Database> {
    const file = fileOf(name);
    if (content !== undefined) {
      await this.drop(name);
      await this.imported(file, content);
    }
    const found = this.opened.get(name);
    if (found !== undefined) return found;
    const raw = new this.pool.OpfsSAHPoolDb(file);
    raw.exec(`PRAGMA page_size = ${PAGE_BYTES[durability]}; PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal;`);
    return this.begun(name, raw, durability);
  }

  private begun(name: string, raw: Raw, durability: Durability): Database {
    prepare(raw, durability);
    if (durability === "parts") this.sqlite3.capi.sqlite3_db_config(raw, this.sqlite3.capi.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, 0);
    const database = new WasmDatabase(raw, () => this.opened.delete(name), durability === "parts" ? null : QUIET_MS);
    this.opened.set(name, database);
    return database;
  }

  /** The name is taken first: while the content comes, no other file may be given its place in the pool. */
  private async imported(file: string, content: ByteStream): Promise<void> {
    new this.pool.OpfsSAHPoolDb(file).close();
    const source = pieces(content);
    try {
      await this.pool.importDb(file, async () => (await source.next()).value);
    } catch (wrong) {
      this.pool.unlink(file);
      throw new FileUnusable("the content is no SQLite file", { cause: wrong });
    }
  }

  async names(): Promise<readonly string[]> {
    return this.pool.getFileNames().filter((file) => file.endsWith(".db")).map((file) => file.slice(1, -3));
  }

  async drop(name: string): Promise<void> {
    await this.opened.get(name)?.close();
    for (const file of this.pool.getFileNames()) if (file.startsWith(fileOf(name))) this.pool.unlink(file);
  }

  /** Of the databases that are open; `estimate()` counts open handles wrongly. */
  async size(): Promise<number> {
    let bytes = 0;
    for (const database of this.opened.values()) {
      const [found] = await database.query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
      bytes += Number(found?.[0] ?? 0);
    }
    return bytes;
  }

  override async close(): Promise<void> {
    await super.close();
    this.pool.pauseVfs();
  }
}

class MemoryDriver extends WasmDriver {
  readonly kind = "memory";

  async open(name: string, durability: Durability, content?: ByteStream): Promise<Database> {
    if (content !== undefined) await this.drop(name);
    const found = this.opened.get(name);
    if (found !== undefined) return found;
    const raw = new this.sqlite3.oo1.DB(":memory:");
    if (content !== undefined) await this.filled(raw, content);
    prepare(raw, durability);
    const database = new WasmDatabase(raw, () => this.opened.delete(name), null);
    this.opened.set(name, database);
    return database;
  }

  private async filled(raw: Raw, content: ByteStream): Promise<void> {
    const bytes = await joined(content);
    if (bytes.length < 512 || new TextDecoder().decode(bytes.subarray(0, 15)) !== "SQLite format 3") {
      raw.close();
      throw new FileUnusable("the content is no SQLite file");
    }
    bytes.set([1, 1], 18); // of a file in WAL mode, which memory has not
    const { capi, wasm } = this.sqlite3;
    const at = wasm.allocFromTypedArray(bytes);
    const flags = capi.SQLITE_DESERIALIZE_FREEONCLOSE | capi.SQLITE_DESERIALIZE_RESIZEABLE;
    const pointer = raw.pointer;
    if (pointer === undefined || capi.sqlite3_deserialize(pointer, "main", at, bytes.length, bytes.length, flags) !== 0) {
      throw new FileUnusable("the content cannot be opened");
    }
  }

  async names(): Promise<readonly string[]> {
    return [...this.opened.keys()];
  }

  async drop(name: string): Promise<void> {
    await this.opened.get(name)?.close();
  }

  async size(): Promise<number> {
    let bytes = 0;
    for (const database of this.opened.values()) {
      const [found] = await database.query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
      bytes += Number(found?.[0] ?? 0);
    }
    return bytes;
  }
}

function fileOf(name: string): string {
  return `/${name}.db`;
}

function prepare(raw: Raw, durability: Durability): void {
  raw.exec(
    `PRAGMA synchronous = ${SYNCHRONOUS[durability]}; PRAGMA secure_delete = ${durability === "parts" ? "off" : "on"}; PRAGMA temp_store = memory; ` +
      `PRAGMA cache_size = -${CACHE_KIB[durability]}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES[durability]};`,
  );
}

async function joined(content: ByteStream): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces(content)) found.push(piece);
  const whole = new Uint8Array(found.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of found) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
