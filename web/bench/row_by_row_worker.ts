/** Rows inserted one by one, as a device without load files would: the same SQLite, files, tables and indexes as the replica's. */
import { DESCRIPTION } from "~/generated/description";
import { fillBase, makeIndexes, makeTable } from "~/replica/list_tables";
import { openOpfs } from "~/replica/sqlite_wasm";
import { loadPinyin } from "~/values/pinyin";
import type { JsonObject } from "~/values/json";

const A_TRANSACTION = 1_000;
const BASE = "CREATE TABLE base (collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID";

onmessage = (event: MessageEvent<readonly string[]>) => void measured(event.data).then((ms) => postMessage(ms));

async function measured(texts: readonly string[]): Promise<number> {
  const driver = await openOpfs(`measured-${crypto.randomUUID()}`);
  const db = await driver.open("rows", "rows");
  const list = DESCRIPTION.lists["customers"];
  if (list === undefined) throw new Error("the description has no list of customers");
  await loadPinyin();
  await db.tx(async (inside) => {
    await inside.run(BASE);
    await makeTable(inside, list);
    await makeIndexes(inside, list);
  });
  const began = performance.now();
  for (let from = 0; from < texts.length; from += A_TRANSACTION) {
    await db.tx(async (inside) => {
      for (const text of texts.slice(from, from + A_TRANSACTION)) {
        const row = JSON.parse(text) as JsonObject;
        const id = String(row["id"]);
        await inside.run("INSERT INTO base (collection, id, data) VALUES (?, ?, ?)", ["customers", id, text]);
        await fillBase(inside, list, [[id, row]]);
      }
    });
  }
  const ms = performance.now() - began;
  await driver.drop("rows");
  await driver.close();
  return ms;
}
