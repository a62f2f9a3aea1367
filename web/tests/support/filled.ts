/** Puts into a company, past every browser, what its screens have nothing of: clashes, a count, what was archived. */
import { createHash, randomUUID } from "node:crypto";
import { uuid7 } from "../../src/values/uuid7.ts";
import { Asked, inquire } from "./graphql.ts";
import { pause, type SignIn } from "./yunfan_server.ts";

const FILLED_MS = 90_000;

/** What paths of `FILLED` name. */
export interface Filled {
  readonly customer: string;
  readonly order: string;
  readonly count: string;
}

interface Customer {
  readonly id: string;
  readonly name: string;
  readonly phone: string | null;
}

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/** A company of its own with the demo's data, which the server's worker brings within some seconds: so that stories about the demo company find it as it was. */
export async function foundWithData(url: string): Promise<SignIn> {
  const who = { identifier: `filled-${uuid7()}@example.com`, password: "clear-water-runs-2026" };
  const input = { companyName: "云帆示范商贸有限公司", adminName: "陈明远", email: who.identifier, password: who.password, language: "zh-CN", zone: "Asia/Shanghai", demoData: true };
  await inquire(url, null, "mutation($input: SignUpInput!) { signUp(input: $input) { token } }", { input });
  const asked = await Asked.as(url, who);
  const until = Date.now() + FILLED_MS;
  while ((await asked.nodes("salesOrders(first: 1) { edges { node { id } } }")).length === 0) {
    if (Date.now() > until) throw new Error(`no demo data within ${FILLED_MS} ms`);
    await pause(300);
  }
  return who;
}

/** Every screen of `FILLED` has something to show afterwards to this admin of a company with the demo's data. */
export async function fill(url: string, who: SignIn): Promise<Filled> {
  const asked = await Asked.as(url, who);
  const customers = await asked.nodes<Customer>("customers(first: 4, orderBy: [{field: NAME}]) { edges { node { id name phone } } }");
  const orders = await asked.nodes<{ id: string }>("salesOrders(first: 1) { edges { node { id } } }");
  const stock = await asked.nodes<{ onHand: string; product: { id: string }; warehouse: { id: string } }>("stockBalances(first: 3) { edges { node { onHand product { id } warehouse { id } } } }");
  const [edited, refused] = customers;
  const [balance] = stock;
  const [order] = orders;
  if (edited === undefined || refused === undefined || balance === undefined || order === undefined) throw new Error("the demo company is empty");
  await clashes(asked, edited, refused);
  await archived(asked);
  await asked.ask("mutation($input: LogActivityInput!) { logActivity(input: $input) { id } }", { input: { customerId: edited.id, channel: "visit", topic: "送样试用", content: "看了样品，约好下周再谈价格。", nextStep: "报价", nextStepAt: "2099-03-05T09:00:00Z" } });
  await attached(asked, edited.id);
  await asked.ask("mutation($input: CreateSavedViewInput!) { createSavedView(input: $input) { id } }", { input: { collection: "customers", name: "杭州的客户", sharing: "shared", config: { where: [{ field: "name", op: "startsWith", value: "杭州" }] } } });
  const lines = stock.filter(({ warehouse }) => warehouse.id === balance.warehouse.id).map(({ onHand, product }, at) => ({ productId: product.id, expected: onHand, counted: String(Number(onHand) + at - 1) }));
  const { postStockCount: count } = await asked.ask<{ postStockCount: { id: string } }>("mutation($input: PostStockCountInput!) { postStockCount(input: $input) { id } }", { input: { warehouseId: balance.warehouse.id, lines, replaces: true } });
  return { customer: edited.id, order: order.id, count: count.id };
}

/** A device that was away: one change that clashes with the server's in two fields, one that a rule refuses. */
async function clashes(asked: Asked, edited: Customer, refused: Customer): Promise<void> {
  const deviceId = uuid7();
  await asked.post("/sync/v1/devices", { deviceId, name: "王芳的手机", platform: "web" });
  const ending = String(Date.now()).slice(-4); // another change each time
  const change = (input: object): Promise<unknown> => asked.ask("mutation($input: EditCustomerInput!) { editCustomer(input: $input) { id } }", { input });
  await change({ id: edited.id, phone: `0571-2222${ending}`, address: `文三路 ${ending} 号（服务器上）` });
  const made = { command: "party.edit_customer", madeAt: new Date().toISOString() };
  const mutations = [
    { ...made, n: 1, uuid: randomUUID(), arguments: { id: edited.id, phone: `0571-1111${ending}`, address: "文三路 1 号（离线改的）" }, base: { phone: edited.phone, address: null } },
    { ...made, n: 2, uuid: randomUUID(), arguments: { id: refused.id, name: "" }, base: { name: refused.name } },
  ];
  const { outcomes } = await asked.post<{ outcomes: readonly { status: string }[] }>("/sync/v1/push", { deviceId, mutations });
  if (outcomes.length !== 2) throw new Error(`the push was not taken: ${JSON.stringify(outcomes)}`);
}

async function archived(asked: Asked): Promise<void> {
  for (const name of ["已停业的书店", "重复录入的客户"]) {
    const { createCustomer } = await asked.ask<{ createCustomer: { id: string } }>("mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }", { input: { name } });
    await asked.ask("mutation($input: ArchiveCustomerInput!) { archiveCustomer(input: $input) { id } }", { input: { id: createCustomer.id } });
  }
}

async function attached(asked: Asked, rowId: string): Promise<void> {
  const input = { entity: "party.Customer", rowId, fileName: "门头照片.png", mediaType: "image/png", sizeBytes: PIXEL.length, sha256: createHash("sha256").update(PIXEL).digest("hex") };
  const { attachFile: file } = await asked.ask<{ attachFile: { id: string } }>("mutation($input: AttachFileInput!) { attachFile(input: $input) { id } }", { input });
  await asked.upload(`/sync/v1/files/${file.id}`, PIXEL);
}
