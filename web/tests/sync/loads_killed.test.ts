/** A first load whose process is killed between any two steps, in the middle of a file too (some of them; all in `make soak`): the next one brings it to its end. */
import { gzipSync } from "node:zlib";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import { beforeAll, expect, test } from "vitest";
import { type Driver, Replica, openMemory } from "~/replica";
import { FirstLoad } from "~/sync/loading";
import { TokenChain } from "~/sync/tokens";
import { Transport } from "~/sync/transport";
import { SOAK } from "../support/soak";
import { DESCRIBED } from "../replica/world";
import { Mortal } from "./drivers";

const DEVICE = "018f0000-0000-7000-8000-0000000000d1";
const ROWS = { first: 300, whole: 1_200 } as const;
type Name = keyof typeof ROWS;
const packed = new Map<string, Uint8Array<ArrayBuffer>>();

beforeAll(async () => {
  const sqlite3 = await sqlite3InitModule();
  for (const [name, rows] of Object.entries(ROWS)) {
    const db = new sqlite3.oo1.DB(":memory:");
    db.exec("CREATE TABLE base (collection TEXT, id TEXT, data TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID");
    for (let at = 0; at < rows; at += 1) {
      const id = `018f0000-0000-7000-8000-${at.toString(16).padStart(12, "0")}`;
      db.exec({ sql: "INSERT INTO base VALUES ('customers', ?, ?)", bind: [id, JSON.stringify({ id, name: `${name}${at}`, notes: crypto.randomUUID() })] });
    }
    packed.set(name, new Uint8Array(gzipSync(sqlite3.capi.sqlite3_js_db_export(db))));
    db.close();
  }
});

/** A server that has these files; the first comes alone where that is asked for. */
function serving(names: readonly Name[], through: (url: string, answer: () => Response) => Promise<Response>): (url: string, init: RequestInit) => Promise<Response> {
  const content = (name: string) => packed.get(name) ?? new Uint8Array();
  return (url, init) =>
    through(url, () => {
      if (url.endsWith("/load")) {
        const { first } = JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as { first?: string };
        const told = names.filter((name) => name === (first === "alone" ? names[0] : "whole"));
        const files = told.map((name) => ({ name, path: `/sync/v1/loads/${name}`, encoding: "gzip", rows: ROWS[name], bytes: content(name).byteLength, rawBytes: 0, sha256: bytesToHex(sha256(content(name))) }));
        return Response.json({ files, cursor: told.includes("whole") ? "offered" : null, serverTime: "2026-03-02T01:30:00Z" });
      }
      const from = Number(/\d+/.exec(new Headers(init.headers).get("range") ?? "")?.[0] ?? 0);
      return new Response(content(url.split("/").at(-1) ?? "").slice(from), { status: from > 0 ? 206 : 200 });
    });
}

async function opened(driver: Driver): Promise<Replica> {
  return Replica.open(driver, { described: DESCRIBED, schemaVersion: 1 });
}

async function registered(driver: Driver): Promise<void> {
  const { store } = await opened(driver);
  await store.nameDevice(DEVICE, "d", "node");
  const customers = { entity: "party.Customer", archivable: true, fields: { id: "server", name: "server" } };
  await store.registered(DEVICE, { memberId: "m", lastMutation: 0, schema: { hash: "s", collections: { customers }, commands: {} } });
}

function load(replica: Replica, fetch: (url: string, init: RequestInit) => Promise<Response>): FirstLoad {
  const tokens = new TokenChain({ load: () => Promise.resolve("t"), save: () => Promise.resolve() }, replica.store);
  return new FirstLoad(replica.store, new Transport({ url: "http://server", tokens, language: () => "en", sleep: () => Promise.resolve(), fetch }), null, () => Promise.resolve());
}

const shown = async (replica: Replica): Promise<number> => (await replica.list({ collection: "customers", limit: 1 })).total;

test.each([[["whole"] as const], [["first", "whole"] as const]])("%j", { timeout: SOAK ? 600_000 : 60_000 }, async (names) => {
  let died = true;
  let deaths = 0;
  for (let step = 1; died; step += SOAK ? 1 : names.length * 3) {
    const lasting = await openMemory();
    await registered(lasting);
    const process = new Mortal(lasting);
    process.diesAt(step);
    const running = (async () => {
      const replica = await opened(process.driver);
      return load(replica, serving(names, async (_, answer) => {
        await process.step();
        const given = answer();
        await process.step();
        return given;
      })).run(DEVICE, {});
    })();
    await Promise.race([running, process.died]);
    died = process.dead;
    deaths += died ? 1 : 0;
    const replica = await opened(lasting);
    const before = await replica.store.standing();
    expect({ step, shown: [0, ROWS.first].includes(await shown(replica)) || !died }).toEqual({ step, shown: true });
    if (before.cursor !== "offered") await load(replica, serving(names, (_, answer) => Promise.resolve(answer()))).run(DEVICE, {});
    expect((await replica.store.standing()).cursor).toBe("offered");
    await replica.store.keep({ header: { cursor: "end", more: false, rebase: false, schema: "s", serverTime: "2026-03-02T01:30:00Z" }, sections: [] }, await replica.store.standing());
    expect({ step, shown: await shown(replica) }).toEqual({ step, shown: ROWS.whole });
    expect((await lasting.names()).filter((name) => name.startsWith("rows-"))).toHaveLength(1);
    await load(replica, () => Promise.reject(new TypeError("nobody asks"))).tidy();
    expect(await replica.store.shelf.names("load/")).toEqual([]);
  }
  expect(deaths).toBeGreaterThan(SOAK ? 40 : 10);
});
