/** A company of its own whose every text is a payload, stored through the public API. */
import { randomUUID } from "node:crypto";
import { uuid7 } from "../../src/values/uuid7.ts";
import { Asked } from "../support/graphql.ts";
import type { SignIn } from "../support/yunfan_server.ts";
import { ADDRESSES } from "./xss_corpus.ts";

export interface Hostile extends SignIn {
  readonly asked: Asked;
  /** Of the customer that carries everything else, and of an order. */
  readonly customerId: string;
  readonly orderId: string;
  readonly viewId: string;
  /** Of a count with movements that carry notes. */
  readonly countId: string;
  /** What the inbox keeps of a device that was away. */
  readonly clashes: number;
  /** How many texts the server took and how many it refused. */
  readonly stored: number;
  readonly refused: number;
}

type Input = Readonly<Record<string, unknown>>;

class Storing {
  stored = 0;
  refused = 0;

  constructor(readonly asked: Asked) {}

  /** The id of what was made; null: the server refused every one of the inputs, the fuller ones first. */
  async make(mutation: string, ...inputs: readonly Input[]): Promise<string | null> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    for (const input of inputs) {
      try {
        const made = await this.asked.ask<Record<string, { readonly id: string }>>(`mutation($input: ${type}!) { ${mutation}(input: $input) { id } }`, { input });
        this.stored += 1;
        return made[mutation]?.id ?? null;
      } catch {
        this.refused += 1; // validated away: the next, plainer one
      }
    }
    return null;
  }
}

async function founded(url: string): Promise<SignIn> {
  const who = { identifier: `harm-${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`, password: "clear-water-runs-2026" };
  const input = { companyName: "<img data-harm src=x onerror=yunfanTrap(1)>", adminName: "\"><svg data-harm onload=yunfanTrap(1)>", email: who.identifier, password: who.password, language: "zh-CN", zone: "Asia/Shanghai", demoData: false };
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "mutation($input: SignUpInput!) { signUp(input: $input) { token } }", variables: { input } }),
  });
  const { errors } = (await answer.json()) as { errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return who;
}

export async function hostileCompany(url: string, payloads: readonly string[]): Promise<Hostile> {
  const who = await founded(url);
  const asked = await Asked.as(url, who);
  const storing = new Storing(asked);
  const first = payloads[0] ?? "";
  await storing.make("defineCustomField", { entity: "party.Customer", key: "harm", kind: "choice", labelZh: first, labelEn: first, choices: payloads.slice(0, 8).map((text, at) => ({ value: `v${at}`, zh: text, en: text })) });
  await storing.make("defineCustomField", { entity: "party.Customer", key: "words", kind: "text", labelZh: payloads[1] ?? first, labelEn: payloads[1] ?? first });
  const made = await Promise.all(payloads.map((text, at) => storeAround(storing, text, at)));
  const customers = made.flatMap(({ customer }) => (customer === null ? [] : [customer]));
  const [customerId = ""] = customers;
  const products = made.flatMap(({ product }) => (product === null ? [] : [product]));
  await Promise.all(payloads.map((text) => storing.make("createContact", { customerId, name: text, title: text, wechat: text, preference: text, notes: text }, { customerId, name: text })));
  await Promise.all(payloads.map((text) => storing.make("logActivity", { customerId, channel: "visit", topic: text, content: text, objection: text, nextStep: text, nextStepAt: "2026-03-05T09:00:00Z" }, { customerId, channel: "visit", topic: text })));
  const lines = products.slice(0, 20).map((productId) => ({ productId, quantity: "3" }));
  const orderId = (await storing.make("createOrder", { customerId, notes: payloads.slice(0, 6).join(" "), lines })) ?? "";
  await around(storing, payloads);
  const countId = await hostileStock(storing, payloads, products.slice(0, 20));
  const clashes = await hostileInbox(asked, payloads, customers);
  return { ...who, asked, customerId, orderId, countId, clashes, viewId: (await hostileView(storing, payloads)) ?? "", stored: storing.stored, refused: storing.refused };
}

async function storeAround(storing: Storing, text: string, at: number): Promise<{ readonly customer: string | null; readonly product: string | null }> {
  const website = ADDRESSES[at % ADDRESSES.length];
  const custom = { words: text, harm: `v${at % 8}` };
  const customer = await storing.make("createCustomer", { name: text, address: text, notes: text, industry: text, region: text, source: text, website, custom }, { name: text, notes: text, website }, { name: text });
  const product = await storing.make("createProduct", { name: text, unit: "盒", spec: text, notes: text, listPrice: "12.5" }, { name: text, listPrice: "12.5" });
  await storing.make("createWarehouse", { name: text, address: text }, { name: text });
  await storing.make("createTag", { name: text, colour: text }, { name: text, colour: "#aa3300" }, { name: text });
  await storing.make("createDepartment", { name: text });
  await storing.make("createRole", { name: text, permissions: [] }, { name: text, permissions: ["party.customer.view"] });
  await storing.make("createOrganisation", { name: text, kind: "branch" });
  return { customer, product };
}

/** Settings that no version of the app wrote. */
function hostileView(storing: Storing, payloads: readonly string[]): Promise<string | null> {
  const [text = ""] = payloads;
  const config = {
    text,
    where: [{ field: "name') OR 1=1 --", op: "eq", value: text }, { field: "name", op: "<script>", value: text }],
    orderBy: [{ field: "name; DROP TABLE x", desc: true }],
    columns: [{ field: text, width: 1e9 }, { field: "name", width: -5 }, { field: "__proto__", width: 100 }],
    groupBy: "constructor.day",
  };
  return storing.make("createSavedView", { collection: "customers", name: text, sharing: "own", config }, { collection: "customers", name: text, config: { text, columns: [{ field: "name", width: -5 }] } }, { collection: "customers", name: text, config: {} });
}

/** What belongs to no record: a few of each are shown on one screen. */
async function around(storing: Storing, payloads: readonly string[]): Promise<void> {
  const { asked } = storing;
  for (const [at, text] of payloads.slice(0, 8).entries()) {
    await storing.make("defineCustomField", { entity: "catalog.Product", key: `harm${at}`, kind: "text", labelZh: text, labelEn: text });
    await storing.make("createSavedView", { collection: "products", name: text, sharing: "shared", config: { text } });
    await asked.post("/sync/v1/devices", { deviceId: uuid7(), name: text.slice(0, 100), platform: text.slice(0, 100) });
    storing.stored += 1;
  }
  const [books] = await asked.nodes<{ id: string }>("legalEntities(first: 1) { edges { node { id } } }");
  const [text = ""] = payloads;
  await storing.make("editLegalEntity", { id: books?.id, name: text });
}

/** Movements with notes, and a count of what they brought. */
async function hostileStock(storing: Storing, payloads: readonly string[], products: readonly string[]): Promise<string> {
  const warehouseId = await storing.make("createWarehouse", { name: payloads[0] ?? "", address: payloads[0] ?? "" }, { name: "仓库" });
  for (const [at, note] of payloads.slice(0, 20).entries()) await storing.make("recordStockMove", { kind: "receipt", productId: products[at % products.length], warehouseId, quantity: "5", note });
  const lines = products.map((productId) => ({ productId, expected: "5", counted: "4" }));
  return (await storing.make("postStockCount", { warehouseId, lines })) ?? "";
}

/** A device that was away, with a name that means harm: its edits clash with others', text against text. */
async function hostileInbox(asked: Asked, payloads: readonly string[], customers: readonly string[]): Promise<number> {
  const deviceId = uuid7();
  const [first = ""] = payloads;
  await asked.post("/sync/v1/devices", { deviceId, name: first.slice(0, 100), platform: "web" });
  const mutations = customers.slice(0, 12).map((id, at) => {
    const text = payloads[at % payloads.length] ?? first;
    return { n: at + 1, uuid: randomUUID(), command: "party.edit_customer", madeAt: new Date().toISOString(), arguments: { id, name: `mine ${text}`.slice(0, 80), notes: `mine ${text}` }, base: { name: `base ${text}`.slice(0, 80), notes: `base ${text}` } };
  });
  const { outcomes } = await asked.post<{ outcomes: readonly { status: string; inboxId?: string }[] }>("/sync/v1/push", { deviceId, mutations });
  return outcomes.filter(({ inboxId }) => inboxId !== undefined && inboxId !== null).length;
}
