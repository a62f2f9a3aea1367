/** A member's replica reduced to what these tests count: rows, a queue and the keys of what was done, in real SQLite. */
import type { SyncStatus } from "~/device/api";
import { canKeepFiles } from "~/device/folders";
import { serveMember } from "~/device/shell";
import type { Database } from "~/replica/driver";
import { openOpfs } from "~/replica/sqlite_wasm";
import { ME } from "./me";

const TABLES = [
  "CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, text TEXT UNIQUE)",
  "CREATE TABLE IF NOT EXISTS queue (n INTEGER PRIMARY KEY, text TEXT)",
  "CREATE TABLE IF NOT EXISTS applied (key TEXT PRIMARY KEY) WITHOUT ROWID",
];
const STATUS: SyncStatus = {
  phase: "ready", progress: null, online: false, syncing: false, pending: 0, parked: 0, waiting: 0, needsAttention: 0, uploads: 0, refusedFiles: 0,
  lastContactAt: null, nextAttemptAt: null, trouble: null, storage: "opfs", persistent: null, evicted: false, outdated: false,
};

async function write(db: Database, text: string, key: string): Promise<void> {
  await db.tx(async (inside) => {
    if ((await inside.query("SELECT 1 FROM applied WHERE key = ?", [key])).length > 0) return;
    await inside.run("INSERT INTO row (text) VALUES (?)", [text]);
    await inside.run("INSERT INTO queue (text) VALUES (?)", [text]);
    await inside.run("INSERT INTO applied VALUES (?)", [key]);
  });
}

serveMember(self as unknown as DedicatedWorkerGlobalScope, async (start, outside) => {
  const folder = `notebook-${start.key}`;
  if (!(await canKeepFiles(folder))) throw new Error("no OPFS");
  const driver = await openOpfs(folder);
  const db = await driver.open("own", "own");
  for (const table of TABLES) await db.tx((inside) => inside.run(table).then(() => undefined));
  return {
    me: () => ME,
    status: () => STATUS,
    close: () => driver.close(),
    handlers: {
      seen: async () => undefined,
      mutate: async ([command, , key]) => {
        await write(db, String(command), String(key));
        outside.tell({ kind: "change", collections: ["rows"] });
        return { rowId: null, childIds: {} };
      },
      list: async () => {
        const [rows, queue] = [await db.query("SELECT count(*) FROM row"), await db.query("SELECT count(*) FROM queue")];
        return { rows: [], total: Number(rows[0]?.[0]), queue: Number(queue[0]?.[0]) };
      },
      attach: async ([file]) => ({ rowId: String((file as { file: Blob }).file.size), childIds: {} }),
      open: async ([size]) => new Blob([new Uint8Array(Number(size)).fill(7)]),
      groups: async ([count]) => Array.from({ length: Number(count) }, (_, at) => ({ value: `v${at}`, count: at, sums: {} })),
      // A worker that goes while calls are under way, as a crash does; the first time only.
      search: async ([text]) => {
        const crashed = await db.query("SELECT 1 FROM applied WHERE key = ?", [String(text)]);
        if (crashed.length > 0) return [];
        await db.tx((inside) => inside.run("INSERT INTO applied VALUES (?)", [String(text)]).then(() => undefined));
        self.close();
        return new Promise(() => undefined);
      },
      // A worker that hangs, as an endless loop or a dead disk makes it: it waits for what never comes. The first time only.
      row: async ([, key]) => {
        const hung = await db.query("SELECT 1 FROM applied WHERE key = ?", [String(key)]);
        if (hung.length > 0) return null;
        await db.tx((inside) => inside.run("INSERT INTO applied VALUES (?)", [String(key)]).then(() => undefined));
        const never = new XMLHttpRequest();
        never.open("GET", "/never", false);
        never.send();
        return null;
      },
      inbox: async () => [start.app],
    },
  };
});
