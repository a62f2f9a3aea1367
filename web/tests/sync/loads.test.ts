/** The cases of sync/vectors/loads.json: what a first load asks for, and what it makes of the answers. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { DESCRIPTION } from "~/generated/description";
import { Replica, describedBy, openMemory } from "~/replica";
import { FirstLoad } from "~/sync/loading";
import { TokenChain } from "~/sync/tokens";
import { Transport } from "~/sync/transport";

interface Told {
  readonly to: string;
  readonly files?: readonly string[];
  readonly asked?: "alone" | "none";
  readonly status?: number;
  readonly code?: string;
  readonly cut?: number;
  readonly spoilt?: boolean;
  readonly range?: string;
}

interface Case {
  readonly name: string;
  readonly shown: readonly string[];
  readonly answers: readonly Told[];
  readonly imports: readonly string[];
  readonly then: "cursor" | "pages";
}

const CASES = JSON.parse(readFileSync(fileURLToPath(new URL("../../../sync/vectors/loads.json", import.meta.url)), "utf8")) as Case[];
const DEVICE = "018f0000-0000-7000-8000-0000000000d1";
const packed = new Map<string, Uint8Array<ArrayBuffer>>();

beforeAll(async () => {
  const sqlite3 = await sqlite3InitModule();
  for (const name of ["first", "whole"]) {
    const db = new sqlite3.oo1.DB(":memory:");
    db.exec("CREATE TABLE base (collection TEXT, id TEXT, data TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID");
    const id = "018f0000-0000-7000-8000-00000000000b";
    db.exec({ sql: "INSERT INTO base VALUES ('customers', ?, ?)", bind: [id, `{"id":"${id}","name":"${name}"}`] });
    packed.set(name, new Uint8Array(gzipSync(sqlite3.capi.sqlite3_js_db_export(db))));
    db.close();
  }
});

function content(name: string): Uint8Array<ArrayBuffer> {
  return packed.get(name) ?? new Uint8Array();
}

function offered(names: readonly string[]): Response {
  const files = names.map((name) => ({
    name, path: `/sync/v1/loads/${name}`, encoding: "gzip", rows: 1, bytes: content(name).byteLength, rawBytes: 0, sha256: bytesToHex(sha256(content(name))),
  }));
  return Response.json({ files, cursor: names.includes("whole") ? "offered" : null, serverTime: "2026-03-02T01:30:00Z" });
}

/** Which first file a request asks for. */
function firstIn(body: RequestInit["body"]): string | undefined {
  return body instanceof Uint8Array ? (JSON.parse(new TextDecoder().decode(body)) as { first?: string }).first : undefined;
}

/** One answer, as the case tells it. */
function answered(told: Told): Response {
  if (told.to === "offer") {
    return offered(told.files ?? []);
  }
  if (told.code !== undefined) {
    return Response.json({ code: told.code, message: told.code }, { status: told.status ?? 409 });
  }
  const from = told.status === 206 ? Number(/\d+/.exec(told.range ?? "")?.[0]) : 0;
  let body = content(told.to).slice(from);
  if (told.spoilt === true) {
    body = body.map((byte) => byte ^ 1);
  }
  return new Response(told.cut === undefined ? body : broken(body.slice(0, told.cut)), { status: told.status ?? 200 });
}

/** So many bytes arrive until the line breaks. */
function broken(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = [bytes];
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) {
        controller.error(new TypeError("the connection was cut"));
      } else {
        controller.enqueue(piece);
      }
    },
  });
}

async function showing(texts: readonly string[]): Promise<Replica> {
  const replica = await Replica.open(await openMemory(), { described: describedBy(DESCRIPTION), schemaVersion: 1 });
  const { store } = replica;
  const customers = { entity: "party.Customer", archivable: true, fields: { id: "server" } };
  await store.nameDevice(DEVICE, "d", "node");
  await store.registered(DEVICE, { memberId: "m", lastMutation: 0, schema: { hash: "s", collections: { customers }, commands: {} } });
  if (texts.length > 0) {
    const header = { cursor: "c1", more: false, rebase: true, schema: "s", serverTime: "2026-03-02T01:30:00Z" };
    await store.keep({ header, sections: [{ collection: "customers", mode: "replace", removes: [], puts: texts }] }, await store.standing());
    await store.beginAfresh();
  }
  return replica;
}

describe("the first load", () => {
  test.each(CASES)("$name", async ({ shown, answers, imports, then }) => {
    const { store } = await showing(shown);
    const left = [...answers];
    const keeper = { load: () => Promise.resolve("t"), save: () => Promise.resolve() };
    const transport = new Transport({
      url: "http://server",
      tokens: new TokenChain(keeper, store),
      language: () => "zh-CN",
      sleep: () => Promise.resolve(),
      fetch: async (url, init) => {
        const told = left.shift();
        expect(url).toBe(told?.to === "offer" ? "http://server/sync/v1/load" : `http://server/sync/v1/loads/${told?.to}`);
        expect(firstIn(init.body)).toBe(told?.asked);
        expect(new Headers(init.headers).get("range")).toBe(told?.range ?? null);
        return answered(told ?? { to: "nothing" });
      },
    });
    const taken: string[] = [];
    const [showPart, importWhole] = [store.showPart.bind(store), store.importWhole.bind(store)];
    store.showPart = async (bytes) => void (await showPart(bytes), taken.push("first"));
    store.importWhole = async (bytes, cursor) => void (await importWhole(bytes, cursor), taken.push("whole"));
    const rows = await new FirstLoad(store, transport, null, () => Promise.resolve()).run(DEVICE, {});
    expect(left).toEqual([]);
    expect(taken).toEqual(imports);
    expect((await store.standing()).cursor).toBe(then === "cursor" ? "offered" : null);
    expect(rows).toBe(then === "cursor" ? 1 : null);
    expect(await store.shelf.names("load/")).toEqual([]);
    expect(await store.get("load")).toBeNull();
  });

  test("a file that is never what was announced, and a server that fails, are no reason to stay empty", async () => {
    const { store } = await showing([]);
    let asked = 0;
    const transport = new Transport({
      url: "http://server",
      tokens: new TokenChain({ load: () => Promise.resolve("t"), save: () => Promise.resolve() }, store),
      language: () => "zh-CN",
      sleep: () => Promise.resolve(),
      fetch: (url) => {
        asked += 1;
        return Promise.resolve(url.endsWith("/load") ? offered(["whole"]) : answered({ to: "whole", status: 200, spoilt: true }));
      },
    });
    expect(await new FirstLoad(store, transport, null, () => Promise.resolve()).run(DEVICE, {})).toBeNull();
    expect(asked).toBe(4);
    const failing = new Transport({ ...transport, tokens: transport.tokens, language: () => "en", sleep: () => Promise.resolve(), fetch: () => Promise.resolve(Response.json({ code: "INTERNAL" }, { status: 500 })) });
    expect(await new FirstLoad(store, failing).run(DEVICE, {})).toBeNull();
  });
});
