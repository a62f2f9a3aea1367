/** Bytes of files, piece by piece: what was attached here, what arrives, what a first load has brought so far. */
import type { Database, Driver } from "./driver";
import type { OwnFile } from "./own_file";
import type { ShelfApi, Upload, UploadsApi } from "./store_api";

const LOAD = "load"; // a database of its own: what it has taken on the disk goes with it
const TABLE = "CREATE TABLE IF NOT EXISTS shelf (name TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, at))";
const PIECE_BYTES = 1_048_576;
/** A file that is being attached or shown is on its way to a row or a screen: it is not in the upload list yet, or any more. */
const IN_USE_MS = 3_600_000;
const USED = "INSERT INTO shelf_use (name, used_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET used_at = excluded.used_at";

export class Shelf implements ShelfApi {
  private load: Promise<Database> | null = null;

  constructor(
    private readonly own: OwnFile,
    private readonly driver: Driver,
    private readonly now: () => number = Date.now,
  ) {}

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const db = await this.of(name);
    for (let from = 0; from < Math.max(bytes.length, 1); from += PIECE_BYTES) {
      await db.tx(async (inside) => {
        if (!isLoad(name)) await inside.run(USED, [name, this.now()]);
        const end = (await inside.query("SELECT max(at + length(bytes)) FROM shelf WHERE name = ?", [name]))[0]?.[0] ?? 0;
        await inside.run("INSERT OR REPLACE INTO shelf (name, at, bytes) VALUES (?, ?, ?)", [name, Number(end), bytes.slice(from, from + PIECE_BYTES)]);
      });
    }
  }

  async size(name: string): Promise<number | null> {
    const size = (await (await this.of(name)).query("SELECT max(at + length(bytes)) FROM shelf WHERE name = ?", [name]))[0]?.[0] ?? null;
    return size === null ? null : Number(size);
  }

  async read(name: string, from: number, most: number): Promise<Uint8Array> {
    const db = await this.of(name);
    const rows = await db.query("SELECT at, bytes FROM shelf WHERE name = ? AND at < ? AND at + length(bytes) > ? ORDER BY at", [name, from + most, from]);
    const parts = rows.map(([at, bytes]) => (bytes as Uint8Array).subarray(Math.max(0, from - Number(at)), Math.max(0, from + most - Number(at))));
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let end = 0;
    for (const part of parts) {
      whole.set(part, end);
      end += part.length;
    }
    return whole;
  }

  async *stream(name: string): AsyncGenerator<Uint8Array> {
    for (let from = 0; ; ) {
      const piece = await this.read(name, from, PIECE_BYTES);
      if (piece.length === 0) return;
      yield piece;
      from += piece.length;
    }
  }

  async rename(name: string, to: string): Promise<void> {
    if (isLoad(name) || isLoad(to)) throw new Error("what belongs to a load keeps its name");
    await this.own.tx(async (inside) => {
      await inside.run("DELETE FROM shelf WHERE name = ?", [to]);
      await inside.run("UPDATE shelf SET name = ? WHERE name = ?", [to, name]);
      await inside.run("DELETE FROM shelf_use WHERE name = ?", [name]);
      await inside.run(USED, [to, this.now()]);
    });
  }

  async drop(name: string): Promise<void> {
    const db = await this.of(name);
    await db.tx(async (inside) => {
      await inside.run("DELETE FROM shelf WHERE name = ?", [name]);
      if (!isLoad(name)) await inside.run("DELETE FROM shelf_use WHERE name = ?", [name]);
    });
    if (!isLoad(name)) {
      await this.own.query("PRAGMA wal_checkpoint(TRUNCATE)");
    } else if ((await db.query("SELECT 1 FROM shelf LIMIT 1")).length === 0) {
      this.load = null;
      await this.driver.drop(LOAD);
    }
  }

  async names(prefix: string): Promise<readonly string[]> {
    const known = !isLoad(prefix) || this.load !== null || (await this.driver.names()).includes(LOAD);
    if (!known) return [];
    const rows = await (await this.of(prefix)).query("SELECT DISTINCT name FROM shelf WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name", [prefix]);
    return rows.map(([name]) => String(name));
  }

  async touch(name: string): Promise<void> {
    await this.own.tx((inside) => inside.run(USED, [name, this.now()]));
  }

  async evict(mostBytes: number): Promise<number> {
    const gone = await this.own.tx(async (inside) => {
      const found = await inside.query(
        `SELECT s.name, sum(length(s.bytes)), coalesce(u.used_at, 0) AS used FROM shelf AS s LEFT JOIN shelf_use AS u ON u.name = s.name
         WHERE s.name NOT IN (SELECT sha256 FROM upload) GROUP BY s.name ORDER BY used`,
      );
      let total = found.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
      let evicted = 0;
      for (const [name, bytes, used] of found) {
        if (total <= mostBytes || Number(used) > this.now() - IN_USE_MS) break;
        await inside.run("DELETE FROM shelf WHERE name = ?", [name ?? null]);
        await inside.run("DELETE FROM shelf_use WHERE name = ?", [name ?? null]);
        total -= Number(bytes);
        evicted += 1;
      }
      return evicted;
    });
    if (gone > 0) await this.own.query("PRAGMA wal_checkpoint(TRUNCATE)"); // what was taken away lies on in the WAL until now
    return gone;
  }

  private async of(name: string): Promise<Database> {
    if (!isLoad(name)) return this.own.db;
    this.load ??= this.driver.open(LOAD, "parts").then(async (db) => {
      await db.tx((inside) => inside.run(TABLE));
      return db;
    });
    return this.load;
  }
}

function isLoad(name: string): boolean {
  return name.startsWith(`${LOAD}/`);
}

export class Uploads implements UploadsApi {
  constructor(private readonly own: OwnFile) {}

  async waiting(): Promise<readonly Upload[]> {
    const rows = await this.own.query("SELECT attachment_id, sha256, code, message FROM upload ORDER BY attachment_id");
    return rows.map(([id, sha256, code, message]) => ({
      attachmentId: String(id),
      sha256: String(sha256),
      code: code === null ? null : String(code),
      message: message === null ? null : String(message),
    }));
  }

  async refused(attachmentId: string, code: string, message: string): Promise<void> {
    await this.own.tx((inside) => inside.run("UPDATE upload SET code = ?, message = ? WHERE attachment_id = ?", [code, message, attachmentId]));
  }

  async done(attachmentId: string): Promise<void> {
    await this.own.tx((inside) => inside.run("DELETE FROM upload WHERE attachment_id = ?", [attachmentId]));
  }
}
