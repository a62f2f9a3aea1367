import { describe, expect, test } from "vitest";
import { FileUnusable, ReplicaNewer } from "~/replica";
import type { Driver } from "~/replica/driver";
import { LAYOUT, OwnFile } from "~/replica/own_file";
import { Shelf } from "~/replica/shelf";
import type { JsonObject } from "~/values/json";
import { SOAK } from "../support/soak";
import { customer, customers, Killed, leftOn, type Left, type Life, live, mortal } from "./lives";
import { again, begin, BROWSER, freshDriver, idNumber, killed, pageOf, pull } from "./world";

/** A SQLite file as the server makes it for a first load. */
async function loadFile(rows: readonly JsonObject[]): Promise<Uint8Array> {
  const { default: init } = await import("@sqlite.org/sqlite-wasm");
  const sqlite3 = await init();
  const db = new sqlite3.oo1.DB(":memory:");
  db.exec("CREATE TABLE base (collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID");
  for (const row of rows) db.exec({ sql: "INSERT INTO base VALUES ('customers', ?, ?)", bind: [String(row["id"]), JSON.stringify(row)] });
  return sqlite3.capi.sqlite3_js_db_export(db);
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 4_096) yield bytes.subarray(from, from + 4_096);
}

describe("a load file", () => {
  test("that is none is refused, and what shows stays", async () => {
    const { replica } = await begin();
    await pull(replica, "c1", [{ name: "customers", puts: [customer(1)] }]);
    await expect(replica.store.importWhole(stream(new Uint8Array(8_192)), "c2")).rejects.toThrow(FileUnusable);
    expect(await customers(replica)).toEqual([["客户1", null]]);
    expect((await replica.store.standing()).cursor).toBe("c1");
  });

  test("shows with the pages that follow it, all at once, what was queued over it; a kill between costs nothing", async () => {
    let { driver, replica } = await begin();
    await pull(replica, "c1", [{ name: "customers", puts: [customer(9)] }]);
    await replica.mutate("party.edit_customer", { id: idNumber(2), name: "改" });
    await replica.store.importWhole(stream(await loadFile([customer(1), customer(2), customer(3)])), "c2");
    expect(await customers(replica)).toEqual([["客户9", null]]);
    ({ driver, replica } = await killed(driver));
    expect((await replica.store.standing()).cursor).toBe("c2");
    await pull(replica, "c3", [{ name: "customers", removes: [idNumber(3)] }], { more: true });
    expect(await customers(replica)).toEqual([["客户9", null]]);
    await pull(replica, "c4", [{ name: "customers", puts: [customer(4)] }]);
    const after = [["客户1", null], ["改", "pending"], ["客户4", null]];
    expect(await customers(replica)).toEqual(after);
    ({ driver, replica } = await killed(driver));
    expect(await customers(replica)).toEqual(after);
    expect((await driver.names()).filter((name) => name.startsWith("rows-"))).toHaveLength(1);
  });

  test.runIf(typeof document !== "undefined").each([0, 4_096, 10_000])("that had come up to byte %i when the browser was killed changes nothing, and can come again", async (bytes) => {
    const { PoolDriver } = await import("./pool_driver");
    const pool = await PoolDriver.fresh();
    let { driver, replica } = await begin({ driver: pool });
    await pull(replica, "c1", [{ name: "customers", puts: [customer(1)] }]);
    await replica.mutate("party.edit_customer", { id: idNumber(1), name: "改" });
    const file = await loadFile(Array.from({ length: 200 }, (_, at) => customer(at)));
    expect(file.length).toBeGreaterThan(bytes);
    pool.stopsAt = bytes;
    const coming = replica.store.importWhole(stream(file), "c2").then(() => "came");
    expect(await Promise.race([coming, new Promise((after) => setTimeout(after, 400, "on its way"))])).toBe("on its way");
    ({ driver, replica } = await killed(driver));
    expect(await customers(replica)).toEqual([["改", "pending"]]);
    expect((await replica.store.standing()).cursor).toBe("c1");
    await replica.store.importWhole(stream(file), "c2");
    await pull(replica, "c3", []);
    expect(await customers(replica)).toHaveLength(200);
    expect((await driver.names()).filter((name) => name.startsWith("rows-"))).toHaveLength(1);
  });

  test("shows a first part where nothing is to be seen", async () => {
    const { replica } = await begin();
    await replica.store.showPart(stream(await loadFile([customer(1)])));
    expect(await replica.store.priming()).toBe(true);
    expect(await customers(replica)).toEqual([["客户1", null]]);
    expect((await replica.store.standing()).cursor).toBeNull();
    await pull(replica, "c1", [{ name: "customers", mode: "replace", puts: [customer(2)] }], { rebase: true });
    expect(await customers(replica)).toEqual([["客户2", null]]);
    expect(await replica.store.priming()).toBe(false);
  });
});

test("killed before any of its transactions, a day's work is whole when the files are opened again", async () => {
  // In a browser each of these lives needs two workers: there only some of them are lived, in `make soak` all.
  for (let left = 0; left < 400; left += SOAK || !BROWSER ? 1 : 40) {
    const [{ acknowledged, ended }, found] = BROWSER ? await inWorkers(left) : await inMemory(left);
    expect({ left, rows: found.rows }).toEqual({ left, rows: found.expected });
    expect(found.kept).toBeGreaterThanOrEqual(acknowledged);
    if (ended) {
      expect(found.cursor).toBeNull();
      return;
    }
  }
  throw new Error("it never came to its end");
}, SOAK ? 1_800_000 : 120_000);

async function inMemory(left: number): Promise<readonly [Life, Left]> {
  const driver = await freshDriver();
  return [await live(driver, left), await leftOn(driver)];
}

/** The worker that lives is terminated; another one opens what it left. */
async function inWorkers(left: number): Promise<readonly [Life, Left]> {
  const directory = `life-${crypto.randomUUID()}`;
  const told = <T>(asked: { readonly directory: string; readonly left: number | null }) =>
    new Promise<T>((resolve, reject) => {
      const worker = new Worker(new URL("./lives_worker.ts", import.meta.url), { type: "module" });
      worker.onerror = (wrong) => reject(new Error(wrong.message));
      worker.onmessage = ({ data }: MessageEvent<{ readonly found?: T; readonly wrong?: string }>) => {
        worker.terminate();
        if (data.found === undefined) reject(new Error(data.wrong));
        else resolve(data.found);
      };
      worker.postMessage(asked);
    });
  return [await told<Life>({ directory, left }), await told<Left>({ directory, left: null })];
}

test("a delta of thousands shows at once; whoever reads meanwhile sees all of it or nothing", async () => {
  const { replica } = await begin();
  await pull(replica, "c1", [{ name: "customers", puts: Array.from({ length: 1_200 }, (_, at) => customer(at)) }]);
  let going = true;
  const seen = new Set<number>();
  const reading = (async () => {
    while (going) {
      const { total } = await replica.list({ collection: "customers", where: [{ field: "level", op: "eq", value: "a" }], limit: 3 });
      const [group] = await replica.groups({ collection: "customers", where: [{ field: "level", op: "eq", value: "a" }] });
      const { rows } = await replica.list({ collection: "customers", where: [{ field: "level", op: "eq", value: "a" }], orderBy: [{ field: "name" }], limit: 5_000 });
      for (const count of [total, group?.count ?? 0, rows.length]) seen.add(count);
      await new Promise((after) => setTimeout(after, 0));
    }
  })();
  const changes = Array.from({ length: 900 }, (_, at) => customer(at * 2, { level: "a" }));
  const kept = replica.store.keep(pageOf("c2", [{ name: "customers", puts: changes, removes: [idNumber(1)] }]), await replica.store.standing());
  await new Promise((after) => setTimeout(after, 20));
  await replica.mutate("party.edit_customer", { id: idNumber(1_100), notes: "间" });
  expect(await kept).toBe(true);
  going = false;
  await reading;
  expect([...seen].filter((count) => count !== 0 && count !== 900)).toEqual([]);
  expect((await replica.list({ collection: "customers", limit: 1 })).total).toBe(1_200 - 1 + 300);
  expect(await replica.row("customers", idNumber(1_100))).toMatchObject({ level: "a", notes: "间", _state: "pending" });
});

test("a large collection that begins anew takes the place of the former at once", async () => {
  const { driver, replica } = await begin();
  await pull(replica, "c1", [{ name: "customers", puts: Array.from({ length: 1_300 }, (_, at) => customer(at)) }, { name: "products", puts: [customer(5_000)] }]);
  await replica.mutate("party.edit_customer", { id: idNumber(7), name: "改" });
  await pull(replica, "c2", [{ name: "customers", mode: "replace", puts: [customer(7), customer(8)] }]);
  expect(await customers(replica)).toEqual([["改", "pending"], ["客户8", null]]);
  expect((await replica.list({ collection: "products", limit: 9 })).total).toBe(1);
  const { replica: later } = await killed(driver);
  expect((await later.store.standing()).cursor).toBe("c2");
  expect(await customers(later)).toEqual([["改", "pending"], ["客户8", null]]);
});

describe("the shelf", () => {
  const LONG_AGO = 1;
  const shelves = async (now: { at: number }) => {
    const { driver, replica } = await begin();
    const own = await OwnFile.over(await driver.open("own", "own"));
    return { replica, own, shelf: new Shelf(own, driver, () => now.at) };
  };

  test("never gives up what is to be sent, nor what was just put there", async () => {
    const now = { at: LONG_AGO };
    const { own, shelf } = await shelves(now);
    await shelf.append("unsent", new Uint8Array(1_000));
    await own.tx((inside) => inside.run("INSERT INTO upload (attachment_id, sha256) VALUES ('a', 'unsent')"));
    now.at = 10 * 3_600_000;
    await shelf.append("attaching", new Uint8Array(2_000));
    expect(await shelf.evict(0)).toBe(0);
    expect([await shelf.size("unsent"), await shelf.size("attaching")]).toEqual([1_000, 2_000]);
    await own.tx((inside) => inside.run("DELETE FROM upload"));
    expect(await shelf.evict(0)).toBe(1);
    expect([await shelf.size("unsent"), await shelf.size("attaching")]).toEqual([null, 2_000]);
  });

  test("gives up what was used longest ago, down to its bounds and no further", async () => {
    const now = { at: LONG_AGO };
    const { shelf } = await shelves(now);
    for (const name of ["first", "second", "third"]) {
      now.at += 1_000;
      await shelf.append(name, new Uint8Array(1_000));
    }
    now.at += 1_000;
    await shelf.touch("first");
    now.at += 10 * 3_600_000;
    expect(await shelf.evict(3_000)).toBe(0);
    expect(await shelf.evict(2_999)).toBe(1);
    expect(await Promise.all(["first", "second", "third"].map((name) => shelf.size(name)))).toEqual([1_000, null, 1_000]);
    expect(await shelf.evict(1_000)).toBe(1);
    expect(await shelf.size("first")).toBe(1_000);
  });
});

describe("the layout of own.db", () => {
  /** As an app of layout 1 left it: with an edit that nobody has sent, and a file. */
  async function older(driver: Driver): Promise<void> {
    const db = await driver.open("own", "own");
    await db.tx(async (inside) => {
      await inside.run("INSERT INTO shelf (name, at, bytes) VALUES ('photo', 0, x'0102')");
      await inside.run("DROP TABLE shelf_use");
      await inside.run("ALTER TABLE applied DROP COLUMN asked");
      await inside.run("PRAGMA user_version = 1");
    });
  }
  const layoutOf = async (driver: Driver): Promise<unknown> => (await (await driver.open("own", "own")).query("PRAGMA user_version"))[0]?.[0];

  test("of a newer app is refused, and nothing in it changes", async () => {
    const { driver, replica } = await begin();
    await replica.mutate("party.create_customer", { name: "未发送" });
    const db = await driver.open("own", "own");
    await db.tx(async (inside) => {
      await inside.run("CREATE TABLE of_tomorrow (x TEXT)");
      await inside.run(`PRAGMA user_version = ${LAYOUT + 1}`);
    });
    const look = () => db.query("SELECT type, name, sql FROM sqlite_master ORDER BY name");
    const before = [await look(), await db.query("SELECT * FROM outbox"), await db.query("SELECT * FROM meta")];
    await expect(again(driver)).rejects.toThrow(ReplicaNewer);
    expect([await look(), await db.query("SELECT * FROM outbox"), await db.query("SELECT * FROM meta")]).toEqual(before);
    expect(await layoutOf(driver)).toBe(LAYOUT + 1);
  });

  test("of an older app is brought to the newest; a kill on the way costs nothing that waits to be sent", async () => {
    for (let transactions = 0; transactions < 40; transactions += 1) {
      const { driver, replica } = await begin();
      await replica.mutate("party.create_customer", { name: "未发送" });
      await older(driver);
      const opened = await again(mortal(driver, { left: transactions })).catch((wrong: unknown) => {
        if (!(wrong instanceof Killed)) throw wrong;
        return null;
      });
      expect(await layoutOf(driver)).toBe(Math.min(1 + transactions, LAYOUT));
      const next = await again(driver);
      expect(await next.store.outbox.pendingCount()).toBe(1);
      expect(await customers(next)).toEqual([["未发送", "pending"]]);
      expect(await next.store.shelf.size("photo")).toBe(2);
      expect(await next.store.shelf.evict(1)).toBe(1);
      if (opened !== null) {
        expect(transactions).toBeGreaterThan(0);
        return;
      }
    }
    throw new Error("it never came to an end");
  });

  test("is the same whether a file was made new or brought there", async () => {
    const schemaOf = async (driver: Driver): Promise<unknown> => (await driver.open("own", "own")).query("SELECT type, name, sql FROM sqlite_master ORDER BY name");
    const [fresh, brought] = [await begin(), await begin()];
    await older(brought.driver);
    await again(brought.driver);
    expect(await schemaOf(brought.driver)).toEqual(await schemaOf(fresh.driver));
  });
});
