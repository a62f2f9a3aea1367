/** Measures a replica of many customers in a worker, on the browser's own files. */
import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import { Replica, openOpfs, parsePage, type Page } from "~/replica";
import { DESCRIBED, DEVICE, MEMBER, SCHEMA, idNumber, pageOf } from "../replica/world";
import { customerText } from "./customers";

const figures = new Proxy<Record<string, number | string>>({}, {
  set: (_, name, value: number | string) => {
    postMessage({ name: String(name), value });
    return true;
  },
});

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  figures[name] = Math.round((performance.now() - from) * 10) / 10;
  return result;
}

function p95(times: readonly number[]): number {
  return Math.round((times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0) * 100) / 100;
}

async function repeated(name: string, times: number, work: (number: number) => Promise<unknown>): Promise<void> {
  const taken: number[] = [];
  for (let number = 0; number < times; number++) {
    const from = performance.now();
    await work(number);
    taken.push(performance.now() - from);
  }
  figures[`${name} p95`] = p95(taken);
}

async function loadFile(rows: number): Promise<Uint8Array> {
  const sqlite3 = await sqlite3InitModule();
  const db = new sqlite3.oo1.DB(":memory:");
  db.exec("CREATE TABLE base (collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID; BEGIN");
  const statement = db.prepare("INSERT INTO base VALUES ('customers', ?, ?)");
  for (let number = 1; number <= rows; number++) statement.bind([idNumber(number), customerText(number)]).stepReset();
  statement.finalize();
  db.exec("COMMIT");
  return sqlite3.capi.sqlite3_js_db_export(db);
}

function delta(from: number, count: number, cursor: string): Page {
  return pageOf(cursor, [{ name: "customers", puts: Array.from({ length: count }, (_, at) => customerText(from + at, 2)) }]);
}

/** How long the longest read takes while `work` goes on, and the longest time that the worker heard nobody. */
async function blocked(name: string, replica: Replica, work: () => Promise<unknown>): Promise<void> {
  let going = true;
  let longest = 0;
  let gap = 0;
  const reads: number[] = [];
  const reader = (async () => {
    let before = performance.now();
    while (going) {
      await new Promise((after) => setTimeout(after, 0));
      const from = performance.now();
      gap = Math.max(gap, from - before);
      await replica.list({ collection: "customers", where: [{ field: "level", op: "eq", value: "a" }], limit: 50 });
      reads.push(performance.now() - from);
      longest = Math.max(longest, performance.now() - from);
      before = performance.now();
    }
  })();
  const from = performance.now();
  await work();
  figures[name] = Math.round(performance.now() - from);
  going = false;
  await reader;
  figures[`${name}: longest read`] = Math.round(longest);
  figures[`${name}: longest silence`] = Math.round(gap);
  figures[`${name}: reads meanwhile`] = reads.length;
}

async function run(rows: number): Promise<void> {
  const directory = `bench-${crypto.randomUUID()}`;
  const options = { described: DESCRIBED, schemaVersion: 1 };
  const content = await loadFile(rows);
  figures["load file, MB"] = Math.round(content.length / 1e5) / 10;
  let driver = await timed("open pool", () => openOpfs(directory));
  let replica = await timed("open empty", () => Replica.open(driver, options));
  figures["journal"] = String((await (await driver.open("own", "own")).query("PRAGMA journal_mode"))[0]?.[0]);
  await replica.store.nameDevice(DEVICE, "bench", "bench");
  await replica.store.registered(DEVICE, { memberId: MEMBER, lastMutation: 0, schema: SCHEMA });
  await timed("first load: import", () => replica.store.importWhole((async function* () { yield content; })(), "c1"));
  await blocked("first load: lists filled and shown", replica, async () => replica.store.keep(pageOf("c2", []), await replica.store.standing()));
  await repeated("list of 50, filtered and sorted", 200, (number) => replica.list({ collection: "customers", where: [{ field: "level", op: "eq", value: "abcd"[number % 4] ?? "a" }], orderBy: [{ field: "updatedAt", desc: true }], limit: 50 }));
  await repeated("list of 50 by name", 100, (number) => replica.list({ collection: "customers", orderBy: [{ field: "name" }], limit: 50, offset: number }));
  await repeated("list of 50, two filters, by name", 100, (number) => replica.list({ collection: "customers", where: [{ field: "region", op: "eq", value: "上海" }, { field: "level", op: "eq", value: "abcd"[number % 4] ?? "a" }], orderBy: [{ field: "name" }], limit: 50 }));
  await repeated("row", 200, (number) => replica.row("customers", idNumber(1 + ((number * 499) % rows))));
  await repeated("groups by level", 20, () => replica.groups({ collection: "customers", by: "level" }));
  await repeated("groups with exact sums", 5, () => replica.groups({ collection: "customers", by: "level", sums: ["creditLimitMinor"] }));
  await timed("search filled after", async () => {
    while ((await replica.search(`${rows - 1}`)).length === 0) await new Promise((after) => setTimeout(after, 50));
  });
  await repeated("search by initials", 20, () => replica.search("shyf", undefined, 20));
  await repeated("search by name", 20, (number) => replica.search(`青山${number}`, undefined, 20));
  await repeated("list with a text", 20, () => replica.list({ collection: "customers", text: "yunfan", limit: 50 }));
  await repeated("mutate", 200, (number) => replica.mutate("party.edit_customer", { id: idNumber(1 + number * 11), level: "d" }));
  await blocked("delta of 5,000 new", replica, async () => replica.store.keep(delta(rows + 1, 5_000, "c3"), await replica.store.standing()));
  await blocked("delta of 5,000 changed", replica, async () => replica.store.keep(delta(1, 5_000, "c4"), await replica.store.standing()));
  await blocked("delta of 100 changed", replica, async () => replica.store.keep(delta(1, 100, "c5"), await replica.store.standing()));
  await timed("5,000 rows parsed", async () => parsePage(["{\"sections\":[{\"name\":\"c\",\"mode\":\"delta\",\"removes\":0,\"puts\":5000}]}", ...Array.from({ length: 5_000 }, (_, at) => customerText(at))].join("\n")));
  await replica.close();
  driver = await timed("opened again: pool", () => openOpfs(directory));
  replica = await timed("opened again: replica", () => Replica.open(driver, options));
  await timed("opened again: first list", () => replica.list({ collection: "customers", where: [{ field: "level", op: "eq", value: "a" }], limit: 50 }));
  figures["MB on the disk"] = Math.round((await replica.store.size()) / 1e6);
  await replica.erase();
}

onmessage = ({ data }: MessageEvent<{ rows: number }>) => {
  run(data.rows).then(
    () => postMessage({ wrong: null }),
    (wrong: unknown) => postMessage({ wrong: String((wrong as Error).stack ?? wrong) }),
  );
};
