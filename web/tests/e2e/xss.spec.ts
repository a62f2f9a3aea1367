/** Texts that mean harm, in every field that takes text: they are stored as they are, or refused, and shown as text. */
import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { SCREENS, placeOf } from "../support/screens.ts";
import { settled, visit } from "../support/settled.ts";
import { signIn } from "../support/signed_in.ts";
import { expect, offline, test } from "./stage.ts";
import { hostileCompany, type Hostile } from "./hostile_company.ts";
import { expectInert, setTrap, type Trap } from "./inert.ts";
import { CORPUS, FORMULAS, SAMPLE } from "./xss_corpus.ts";

const MORE = (hostile: Hostile): readonly string[] => [
  `/customers/${hostile.customerId}`,
  `/edit/customers/${hostile.customerId}`,
  `/row/customers/${hostile.customerId}`,
  `/orders/${hostile.orderId}`,
  `/list/customers?view=${hostile.viewId}`,
  `/counts/${hostile.countId}`,
  "/inbox",
  "/list/stockMoves",
  "/list/products",
  ...["contacts", "tags", "warehouses", "departments", "organisations", "roles", "savedViews", "customFields", "salesOrderLines", "members"].map((name) => `/list/${name}`),
];

async function shown(page: Page, url: string): Promise<void> {
  await visit(page, url);
  await settled(page);
}

async function searched(page: Page, trap: Trap, payloads: readonly string[]): Promise<void> {
  for (const text of payloads) {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").last().fill(text.slice(0, 12));
    await page.waitForTimeout(250);
    await expectInert(page, trap, `search ${text}`);
    await page.keyboard.press("Escape");
  }
}

async function everywhere(page: Page, hostile: Hostile, trap: Trap): Promise<void> {
  const base = new URL(page.url()).origin;
  for (const screen of SCREENS.filter(({ name }) => name !== "ops")) {
    const place = await placeOf(page, screen);
    if (place === null) continue;
    await shown(page, base + place);
    await expectInert(page, trap, screen.name);
  }
  for (const place of MORE(hostile)) {
    await shown(page, base + place);
    await expectInert(page, trap, place);
  }
}

/** What a hole in the app would do. */
function harm(how: string): void {
  const script = document.createElement("script");
  if (how === "innerHTML") document.body.innerHTML = "<b>x</b>";
  if (how === "script") script.textContent = "yunfanTrap(1)";
  if (how === "address") script.src = "https://harm.example/x.js";
  if (how !== "attribute") return;
  const image = document.createElement("img");
  image.src = "data:,";
  document.body.append(image);
  image.setAttribute("style", "color: red");
}

test("the trap catches what runs, what the policy refuses and what stands in the page @desk", async ({ newDevice }) => {
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await page.reload();
  for (const write of ["innerHTML", "script", "address"]) {
    await expect(page.evaluate(harm, write), write).rejects.toThrow("TypeError");
    await expect.poll(() => trap.caught.join()).toContain("require-trusted-types-for");
    trap.caught.length = 0;
  }
  await page.evaluate(harm, "attribute");
  await expect.poll(() => trap.caught.join()).toMatch(/script-src-attr|img-src/);
  await expect(expectInert(page, trap, "an attribute")).rejects.toThrow();
  trap.caught.length = 0;
  await page.evaluate(() => (window as unknown as { yunfanTrap(n: number): void }).yunfanTrap(1));
  await expect.poll(() => trap.caught.join()).toContain("it ran");
  trap.caught.length = 0;
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("a"), { href: "javascript:yunfanTrap(1)" })));
  await expect(expectInert(page, trap, "a link")).rejects.toThrow();
});

test("one of each kind, on the screens where people read it", async ({ server, newDevice }, { project }) => {
  test.setTimeout(120_000);
  const hostile = await hostileCompany(server.url, SAMPLE);
  expect(hostile.stored, "texts that the server took").toBeGreaterThan(SAMPLE.length * 12);
  expect(hostile.clashes, "entries of the inbox").toBeGreaterThan(SAMPLE.length / 2);
  expect([hostile.viewId, hostile.countId, hostile.orderId]).not.toContain("");
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await signIn(page, device.url, hostile);
  for (const place of ["/", "/list/customers", "/settings/devices", "/settings/organisations", ...MORE(hostile).slice(0, 8)]) {
    await shown(page, device.url + place);
    await expectInert(page, trap, place);
  }
  await page.goto(`${device.url}/list/customers`);
  await expect(page.getByText("<img data-harm src=x onerror=yunfanTrap(1)>").first()).toBeVisible();
  if (project.name === "desktop") await searched(page, trap, SAMPLE.slice(0, 3));
  await page.goto(`${device.url}/orders/${hostile.orderId}`);
  await page.emulateMedia({ media: "print" });
  await expect(page.locator("article[data-print] td").filter({ hasText: "yunfanTrap" }).first()).toBeVisible();
  await expectInert(page, trap, "printed");
});

test("files that are documents are saved, never opened; a name is only a name @desk", async ({ server, newDevice }) => {
  const hostile = await hostileCompany(server.url, SAMPLE.slice(0, 2));
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await signIn(page, device.url, hostile);
  await shown(page, `${device.url}/customers/${hostile.customerId}`);
  const script = (title: string): Buffer => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="yunfanTrap(1)"><title>${title}</title><script>yunfanTrap(1)</script></svg>`);
  const files = [
    { name: `<img data-harm src=x onerror=yunfanTrap(1)>.html`, mimeType: "text/html", buffer: script("0") },
    { name: "picture.svg", mimeType: "image/svg+xml", buffer: script("1") },
    { name: "picture.png", mimeType: "image/png", buffer: script("2") },
    { name: "..\\..\\\u202egnp.exe", mimeType: "application/xhtml+xml", buffer: script("3") },
  ];
  await page.getByRole("tab", { name: "附件" }).click();
  await page.locator("main input[type=file]").first().setInputFiles(files);
  await expect(page.getByRole("button", { name: "picture.svg", exact: true })).toBeVisible();
  // Some of them the server refuses, which the inbox tells.
  await expect(page.locator("[data-sync-pending='0'][data-sync-online=true]").first()).toBeAttached({ timeout: 40_000 });
  await expectInert(page, trap, "files");
  expect(await page.locator("main img[src^='blob:']").evaluateAll((all) => all.length), "pictures that were drawn").toBeLessThanOrEqual(1);
  const before = page.url();
  await expect(page.getByText("\u202e")).toHaveCount(0);
  const saved = page.waitForEvent("download");
  await page.locator("main button[title='picture.png']").click();
  expect((await saved).suggestedFilename()).toBe("picture.png");
  expect(page.url()).toBe(before);
  expect(page.context().pages()).toHaveLength(1);
  await shown(page, `${device.url}/inbox`);
  await expectInert(page, trap, "files that were refused");
});

test("a conflict with harm on both sides is shown side by side as text @desk", async ({ server, newDevice }) => {
  const hostile = await hostileCompany(server.url, SAMPLE.slice(1, 3));
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await signIn(page, device.url, hostile);
  await shown(page, `${device.url}/edit/customers/${hostile.customerId}`);
  await device.line.cut();
  await offline(page);
  const mine = "mine <img data-harm src=x onerror=yunfanTrap(1)>";
  await page.getByLabel("客户名称").first().fill(mine);
  await page.locator("main").getByRole("button", { name: "保存", exact: true }).click();
  await expect(page).not.toHaveURL(/\/edit\//);
  await hostile.asked.ask("mutation($input: EditCustomerInput!) { editCustomer(input: $input) { id } }", { input: { id: hostile.customerId, name: "theirs <svg data-harm onload=yunfanTrap(1)>" } });
  await device.line.mend();
  await expect(page.locator("[data-sync-pending='0'][data-sync-online=true]").first()).toBeAttached({ timeout: 40_000 });
  await shown(page, `${device.url}/inbox`);
  await expectInert(page, trap, "inbox");
  await expect(page.getByText("theirs <svg", { exact: false }).first()).toBeVisible();
});

test("a saved list calculates nothing in a spreadsheet", async ({ server, newDevice }, { project }) => {
  test.skip(project.name === "phone", "lists are saved from the desktop's bar");
  const hostile = await hostileCompany(server.url, FORMULAS);
  const device = await newDevice();
  const page = await device.open("/");
  await signIn(page, device.url, hostile);
  await shown(page, `${device.url}/list/customers`);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: /导出/ }).first().click();
  const csv = readFileSync(await (await saved).path(), "utf8");
  expect(csv).toContain("HYPERLINK");
  const cells = csv.replace(/^\ufeff/, "").split(/\r\n|,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((cell) => cell.replace(/^"/, ""));
  expect(cells.filter((cell) => /^\s*[=+\-@＝＋－＠]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell))).toEqual([]);
});

/** Where all kinds of fields stand. */
const TYPED: readonly { readonly place: (hostile: Hostile) => string; readonly open?: (page: Page) => Promise<void> }[] = [
  { place: () => "/new/customers" },
  { place: () => "/new/products" },
  { place: ({ customerId }) => `/follow-up?customer=${customerId}` },
  { place: () => "/orders/new" },
  { place: () => "/counts/new" },
  { place: () => "/moves/new" },
  { place: () => "/list/customers" },
  { place: () => "/settings/custom-fields", open: (page) => page.getByRole("button", { name: "添加字段" }).click() },
  { place: () => "/settings/members", open: (page) => page.getByRole("button", { name: "邀请成员" }).click() },
  { place: () => "/settings/roles", open: (page) => page.getByRole("button", { name: "新建角色" }).click() },
  { place: () => "/settings/organisations", open: (page) => page.getByRole("button", { name: "新建部门" }).click() },
];

/** Types into all that takes letters here, as one does, and looks after each. What kinds there were. */
async function typedEverywhere(page: Page, trap: Trap, where: string, text: string): Promise<readonly string[]> {
  const kinds: string[] = [];
  const dialog = page.locator("[role=dialog]:visible");
  const within = (await dialog.count()) > 0 ? dialog.last() : page.locator("main");
  const fields = within.locator("input:visible:not([type=file],[type=checkbox],[type=radio],[type=password],[readonly],[disabled]), textarea:visible:not([readonly],[disabled])");
  for (let at = 0; at < (await fields.count()); at++) {
    const field = fields.nth(at);
    kinds.push(await field.evaluate((one: HTMLInputElement) => (one.tagName === "TEXTAREA" ? "textarea" : (one.getAttribute("role") ?? (one.inputMode || one.type)))));
    await field.focus();
    await page.keyboard.insertText(text);
    await page.waitForTimeout(150); // what offers rows looks for them
    await expectInert(page, trap, `${where}, field ${at}`);
    await page.keyboard.press("Tab");
  }
  return kinds;
}

test("typed by hand into every kind of field, and saved @long @desk", async ({ server, newDevice }) => {
  test.setTimeout(400_000);
  const hostile = await hostileCompany(server.url, SAMPLE.slice(0, 2));
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await signIn(page, device.url, hostile);
  const kinds = new Set<string>();
  const typed = "typed <img data-harm src=x onerror=yunfanTrap(1)>";
  for (const { place, open } of TYPED) {
    await shown(page, device.url + place(hostile));
    await open?.(page);
    for (const kind of await typedEverywhere(page, trap, place(hostile), typed)) kinds.add(kind);
    await page.keyboard.press("Escape");
  }
  expect([...kinds].toSorted()).toEqual(expect.arrayContaining(["combobox", "decimal", "email", "search", "tel", "text", "textarea", "url"]));
  await shown(page, `${device.url}/orders/new`);
  await page.locator("main").getByRole("gridcell").first().click();
  await expect(page.locator("[data-grid-field]")).toBeFocused();
  await page.keyboard.type(typed);
  await page.keyboard.press("Enter");
  await expectInert(page, trap, "a cell");
  await expect(page.locator("main").getByText(typed).first()).toBeVisible();

  // What passes for a text is kept as it is, and stands there.
  await page.goto(`${device.url}/new/customers`);
  const form = page.locator("main");
  for (const label of ["客户名称", "地址", "所在地区"]) await form.getByRole("textbox", { name: label, exact: false }).first().fill(typed);
  await form.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: typed })).toBeVisible();
  await expectInert(page, trap, "what was typed");
});

test("the whole corpus on every screen @long", async ({ server, newDevice }, { project }) => {
  test.setTimeout(900_000);
  const hostile = await hostileCompany(server.url, CORPUS);
  expect(hostile.stored).toBeGreaterThan(CORPUS.length * 6);
  const device = await newDevice();
  const page = await device.open("/");
  const trap = await setTrap(page.context());
  await signIn(page, device.url, hostile);
  await everywhere(page, hostile, trap);
  if (project.name === "desktop") await searched(page, trap, CORPUS);
});
