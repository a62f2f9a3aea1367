/** The pictures in docs/guide/pictures: the demo company in the real app, each in Chinese and in English.
 *
 * `node scripts/guide_pictures.ts` starts a server with a demo company of its own, so that the pictures show the same
 * people, records and states each time; only the dates are of the day. The server is really stopped for what is shown
 * without a network, and two members really change the same field for what is shown of the inbox.
 */
import { chromium, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { loaded, signIn } from "../tests/support/signed_in.ts";
import { DEMO, YunfanServer } from "../tests/support/yunfan_server.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/guide/pictures");
const WIDTHS = { desktop: { width: 1280, height: 800 }, tablet: { width: 834, height: 900 }, phone: { width: 390, height: 760 } } as const;
const LANGUAGES = ["zh-CN", "en"] as const;
const SETTLED_MS = 1_500;
const MOST_BYTES = 80 * 1024;
const QUALITIES = [0.82, 0.7, 0.55];
const KEEPER_ACCOUNT = "wugd";

type Language = (typeof LANGUAGES)[number];
type Width = keyof typeof WIDTHS;
type Prepare = (page: Page, language: Language) => Promise<void>;

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Product extends Named {
  readonly code: string;
}

mkdirSync(FOLDER, { recursive: true });
const server = await YunfanServer.start();
const browser = await chromium.launch(chromiumOptions());
const press = await (await browser.newContext()).newPage();
try {
  await everything(browser);
} finally {
  await browser.close();
  await server.remove();
}

async function everything(from: Browser): Promise<void> {
  const admin = await token(DEMO.admin);
  const products = (await ask<{ products: { nodes: Product[] } }>(admin, "{ products(first: 5) { nodes { id name code } } }")).products.nodes;
  const rep = await token(DEMO.rep);
  const [customer, other] = (await ask<{ customers: { nodes: Named[] } }>(rep, "{ customers(first: 2) { nodes { id name } } }")).customers.nodes;
  if (customer === undefined || other === undefined) throw new Error("the demo company has no customers of the rep");
  const order = await quotation(rep, customer.id, products);
  const orgCode = (await ask<{ me: { tenant: { orgCode: string } } }>(admin, "{ me { tenant { orgCode } } }")).me.tenant.orgCode;

  await admins(await from.newContext());
  await keepers(await from.newContext(), orgCode, products);
  await reps(await from.newContext(), { customer, other, order, admin });
}

async function admins(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await signIn(page, server.url, DEMO.admin);
  await picture(page, "members", "desktop", "/settings/members");
  await picture(page, "devices", "desktop", "/settings/devices");
  await context.close();
}

async function keepers(context: BrowserContext, orgCode: string, products: readonly Product[]): Promise<void> {
  const page = await context.newPage();
  await page.setViewportSize(WIDTHS.tablet);
  await page.goto(server.url);
  await page.getByRole("radio", { name: /^(组织账号|Organisation)$/ }).check();
  await page.locator("input[name=orgCode]").fill(orgCode);
  await page.locator("input[name=account]").fill(KEEPER_ACCOUNT);
  await page.locator("input[name=password]").fill(DEMO.admin.password);
  await page.locator("form button[type=submit]").click();
  await loaded(page);
  await picture(page, "count", "tablet", "/counts/new", (on) => counted(on, products));
  await context.close();
}

/** Chosen from what is offered; a second visit finds the lines of the first. */
async function counted(page: Page, products: readonly Product[]): Promise<void> {
  for (const product of products) {
    const line = page.locator("main [role=gridcell]").filter({ hasText: product.name }).first();
    if (await line.isVisible()) continue;
    await page.getByPlaceholder(/^(扫码|Scan,)/).fill(product.code);
    await page.locator(".ant-select-item-option").filter({ hasText: product.name }).first().click();
    await line.waitFor();
  }
}

interface Story {
  readonly customer: Named;
  readonly other: Named;
  readonly order: string;
  /** The admin's token. */
  readonly admin: string;
}

async function reps(context: BrowserContext, { customer, other, order, admin }: Story): Promise<void> {
  let page = await context.newPage();
  await signIn(page, server.url, DEMO.rep);
  await picture(page, "workbench", "desktop", "/");
  await picture(page, "order", "desktop", `/orders/${order}`);
  await page.close();

  await ask(admin, "mutation($i: EditCustomerInput!) { editCustomer(input: $i) { id } }", { i: { id: customer.id, level: "c", phone: "021-50668801" } });
  await server.stop();
  page = await context.newPage();
  await page.setViewportSize(WIDTHS.desktop);
  await changeOffline(page, customer);
  await picture(page, "follow_up", "phone", `/follow-up?customer=${other.id}`, (on) => on.locator("main textarea").first().fill("样品已签收，月底前给答复。"));
  await page.getByRole("button", { name: /^(保存跟进|Save follow-up)$/ }).click();
  await page.waitForURL(/\/customers\//);
  await picture(page, "offline", "tablet", "/list/customers", (on) => on.locator("[data-row-id]").first().waitFor());

  await server.start();
  await page.reload();
  const entry = page.getByText(customer.name).first();
  await picture(page, "inbox", "desktop", "/inbox", async () => {
    await entry.waitFor();
    await entry.click();
  });
  await context.close();
}

/** Level and phone, which somebody else has changed meanwhile. */
async function changeOffline(page: Page, customer: Named): Promise<void> {
  await page.goto(`${server.url}/edit/customers/${customer.id}`);
  await page.getByLabel(/^(客户级别|Level)/).first().click();
  await page.locator(".ant-select-item-option").filter({ hasText: /^A/ }).first().click();
  await page.getByLabel(/^(电话|Phone)/).first().fill("021-50668899");
  await page.getByRole("button", { name: /^(保存|Save)$/ }).click();
  await page.waitForURL(/\/customers\//);
}

/** One place in both languages. `prepare` runs in each, before the picture is taken. */
async function picture(page: Page, name: string, width: Width, path: string, prepare?: Prepare): Promise<void> {
  await page.setViewportSize(WIDTHS[width]);
  for (const language of LANGUAGES) {
    if (page.url() === "about:blank") await page.goto(server.url);
    await page.evaluate((chosen) => localStorage.setItem("yunfan.language", chosen), language);
    await page.goto(`${server.url}${path}`);
    await page.waitForTimeout(SETTLED_MS);
    await prepare?.(page, language);
    await page.waitForTimeout(SETTLED_MS);
    await keep(`${name}.${language}.webp`, await page.screenshot({ animations: "disabled", caret: "hide" }));
  }
}

/** As WebP, as good as fits into the size that a guide's picture may have. */
async function keep(name: string, png: Buffer): Promise<void> {
  for (const quality of QUALITIES) {
    const url = await press.evaluate(pressed, { source: `data:image/png;base64,${png.toString("base64")}`, quality });
    const bytes = Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
    if (bytes.length > MOST_BYTES) continue;
    writeFileSync(join(FOLDER, name), bytes);
    process.stdout.write(`${name} ${Math.round(bytes.length / 1024)} KB\n`);
    return;
  }
  throw new Error(`${name} is larger than ${MOST_BYTES} bytes`);
}

/** Runs in the browser, which knows WebP. */
async function pressed({ source, quality }: { readonly source: string; readonly quality: number }): Promise<string> {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality);
}

async function quotation(as: string, customerId: string, products: readonly Product[]): Promise<string> {
  const lines = products.map((product, at) => ({ productId: product.id, quantity: String(10 * (at + 1)) }));
  const made = await ask<{ createOrder: Named }>(as, "mutation($i: CreateOrderInput!) { createOrder(input: $i) { id } }", { i: { customerId, lines } });
  return made.createOrder.id;
}

async function token(who: { readonly identifier: string; readonly password: string }): Promise<string> {
  const answer = await ask<{ signIn: { token: string } }>(null, "mutation($i: SignInInput!) { signIn(input: $i) { token } }", { i: who });
  return answer.signIn.token;
}

/** Of the server's API, as anybody may. Throws with what it refused. */
async function ask<Data>(as: string | null, query: string, variables: object = {}): Promise<Data> {
  const headers = { "Content-Type": "application/json", ...(as === null ? {} : { Authorization: `Bearer ${as}` }) };
  const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: readonly { message: string }[] };
  if (errors !== undefined || data === undefined) throw new Error(errors?.map(({ message }) => message).join(" ") ?? response.statusText);
  return data;
}
