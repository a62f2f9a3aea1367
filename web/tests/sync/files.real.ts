/** Attachments (PROTOCOL.md, 14): up in pieces, down in ranges, over a line that breaks. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterEach, beforeAll, expect, test } from "vitest";
import { NoNetwork } from "~/device/api";
import { attachFile } from "~/device/attaching";
import { type Company, signUp } from "./company";
import { type TestDevice, closeAll, device, until } from "./devices";

let company: Company;

beforeAll(async () => {
  company = await signUp();
});
afterEach(closeAll);

/** A text of so many bytes that does not repeat. */
function text(bytes: number): Uint8Array<ArrayBuffer> {
  let said = "";
  for (let line = 0; said.length < bytes; line += 1) {
    said += `第${line}行 ${crypto.randomUUID()}\n`;
  }
  return new TextEncoder().encode(said).slice(0, bytes).map((byte) => (byte > 127 ? 46 : byte));
}

async function attach(one: TestDevice, rowId: string, content: Uint8Array): Promise<string> {
  const hash = bytesToHex(sha256(content));
  await one.replica.store.shelf.append(hash, content);
  const args = { entity: "party.Customer", rowId, fileName: "记录.txt", mediaType: "text/plain", sizeBytes: content.byteLength, sha256: hash };
  const { rowId: id } = await one.replica.attach("tenants.attach_file", args, hash);
  return String(id);
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

async function sent(one: TestDevice): Promise<void> {
  await until(async () => (await one.replica.store.uploads.waiting()).every((upload) => upload.code !== null), 15_000);
}

test("what is not here and nowhere yet is said to be so", async () => {
  const [a, b] = [await device(company), await device(company)];
  await a.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "附件客户" });
  const id = await attach(a, customer, text(10_000));
  await expect(b.sync.open(id)).rejects.toMatchObject({ code: "FILE_UNAVAILABLE" });
  a.network.down = true;
  expect((await bytesOf(await a.sync.open(id))).byteLength).toBe(10_000);
});

test("a file that the server does not take stops no other, and says why", async () => {
  const a = await device(company);
  await a.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "附件客户二" });
  const bad = await attach(a, customer, new Uint8Array([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0])); // a program that calls itself a text
  const good = await attach(a, customer, text(2_000));
  await a.sync.syncNow();
  await sent(a);
  expect(await a.replica.store.uploads.waiting()).toMatchObject([{ attachmentId: bad, code: "FILE_CONTENT_REFUSED" }]);
  await until(async () => (await a.replica.row("attachments", good))?.["state"] === "stored");
});

test("three megabytes go up over a line that loses answers, and come down over one that breaks", async () => {
  const [a, b] = [await device(company), await device(company)];
  await a.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "附件客户三" });
  const content = text(3_000_000);
  const id = await attach(a, customer, content);
  a.network.losing = (path) => path.startsWith("/sync/v1/files/");
  a.network.losesEvery = 3;
  await a.sync.syncNow();
  await sent(a);
  expect(a.network.lost).toBeGreaterThan(0);
  await b.sync.syncNow();
  expect(await b.replica.row("attachments", id)).toMatchObject({ state: "stored", sizeBytes: content.byteLength });
  const path = `/sync/v1/files/${id}`;
  b.network.cuts.push({ path, bytes: 700_000 }, { path, bytes: 900_000 });
  const came = await b.sync.open(id);
  expect(came.type).toBe("text/plain");
  expect(bytesToHex(sha256(await bytesOf(came)))).toBe(bytesToHex(sha256(content)));
  expect(b.network.sent.filter((request) => request.path === path && request.range !== null)).toHaveLength(2);
  b.network.down = true;
  expect((await b.sync.open(id)).size).toBe(content.byteLength);
});

test("a download that finds no server is no network, and keeps what has come", async () => {
  const [a, b] = [await device(company), await device(company)];
  await a.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "附件客户四" });
  const content = text(900_000);
  const id = await attach(a, customer, content);
  await a.sync.syncNow();
  await sent(a);
  await b.sync.syncNow();
  b.network.cuts.push({ path: "/sync/v1/files/", bytes: 600_000 });
  b.network.downAfterCuts = true;
  await expect(b.sync.open(id)).rejects.toBeInstanceOf(NoNetwork);
  b.network.down = false;
  expect((await b.sync.open(id)).size).toBe(content.byteLength);
  expect(b.network.sent.at(-1)?.range).not.toBeNull();
});

test("one content attached several times at once: what the server refuses under one name stays to be saved, and is unsent no more", async () => {
  const a = await device(company);
  await a.sync.syncNow();
  const customer = await a.mutate("party.create_customer", { name: "附件客户五" });
  const drawing = `图纸 ${crypto.randomUUID()}`;
  const attached = await Promise.all(
    Object.entries({ "图纸.html": "text/html", "图纸.svg": "image/svg+xml", "图纸.png": "image/png", "图纸.txt": "text/plain" }).map(async ([fileName, type]) => {
      const given = { entity: "party.Customer", rowId: customer, file: new Blob([drawing], { type }), fileName };
      return String((await attachFile(a.replica, given, crypto.randomUUID(), "zh-CN")).rowId);
    }),
  );
  await a.sync.syncNow();
  await until(async () => (await a.sync.files.unsent()).onTheWay === 0, 15_000);
  const [, , picture, plain] = attached;
  expect((await a.sync.files.unsent()).refused).toMatchObject([{ attachmentId: picture }]);
  await until(async () => (await a.replica.row("attachments", String(plain)))?.["state"] === "stored");
  expect(await a.sync.status()).toMatchObject({ uploads: 0, refusedFiles: 1 });
  for (const id of attached) expect(await (await a.sync.open(id)).text()).toBe(drawing);
  await a.mutate("tenants.remove_attachment", { id: String(picture) });
  await a.sync.syncNow();
  await until(async () => (await a.sync.status()).refusedFiles === 0);
});
