/** The first load of a company with much in it, out of files (PROTOCOL.md, 3.4). */
import { afterEach, beforeAll, expect, test } from "vitest";
import { NoNetwork } from "~/device/api";
import { type Company, graphql, signUp } from "./company";
import { SOAK } from "../support/soak";
import { closeAll, device } from "./devices";

// From 20,000 on the server makes a small file that comes first; from 2,000 on there is a file at all.
const ROWS = SOAK ? 25_000 : 3_000;
const CUT = 4 * ROWS; // bytes, far less than the file has

let company: Company;

beforeAll(async () => {
  company = await signUp();
  const lines = Array.from({ length: ROWS }, (_, number) => `导入客户${number},备注${number} ${crypto.randomUUID()}`);
  const file = { name: "a.csv", contentBase64: Buffer.from(`名称,备注\n${lines.join("\n")}\n`).toString("base64") };
  const query = "mutation($file: FileInput!, $mapping: JSON) { importCustomers(file: $file, mapping: $mapping) { created } }";
  await graphql(company.url, company.token, query, { file, mapping: { 名称: "name", 备注: "notes" } });
}, 120_000);
afterEach(closeAll);

test("cut three times and killed once, it goes on where it was, and every row is there", { timeout: 60_000 }, async () => {
  const a = await device(company);
  const files = "/sync/v1/loads/";
  a.network.cuts.push({ path: files, bytes: CUT }, { path: files, bytes: CUT * 1.5 }, { path: files, bytes: CUT * 2 });
  a.network.downAfterCuts = true;
  const progress: number[] = [];
  a.sync.onStatus((report) => void (report.progress === null || progress.push(report.progress)));
  await expect(a.sync.syncNow()).rejects.toBeInstanceOf(NoNetwork);
  expect(Math.max(...progress)).toBeGreaterThan(0);
  expect((await a.sync.status()).phase).not.toBe("ready");
  await a.close(); // what has come stays
  const b = await device(company, { driver: a.driver, kept: a.kept });
  await b.sync.syncNow();
  expect(a.network.cuts).toEqual([]);
  const fetched = [...a.network.sent, ...b.network.sent].filter((request) => request.path.startsWith(files));
  expect(fetched.filter((request) => request.range !== null).length).toBe(3);
  expect([...a.network.sent, ...b.network.sent].filter((request) => request.path === "/sync/v1/load")).toHaveLength(1);
  expect((await b.replica.list({ collection: "customers", limit: 1 })).total).toBe(ROWS);
  expect(await b.sync.verifying.verify()).toEqual([]);
  expect(await b.replica.store.shelf.names("load/")).toEqual([]);
  expect((await b.sync.status()).phase).toBe("ready");
});

test("what is entered while the rows are on their way goes out, and shows", { timeout: 60_000 }, async () => {
  const a = await device(company);
  await a.sync.registration.register();
  const loading = a.sync.syncNow();
  const id = await a.mutate("party.create_customer", { name: "加载时录入" });
  expect(await a.customer(id)).toMatchObject({ name: "加载时录入", _state: "pending" });
  await loading;
  await a.sync.syncNow();
  expect(await a.customer(id)).toMatchObject({ name: "加载时录入", _state: null });
  expect((await a.replica.list({ collection: "customers", limit: 1 })).total).toBe(ROWS + 1);
});
