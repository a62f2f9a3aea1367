/** Screens with something on them, after `fill`: what was begun, typed, checked, opened. */
import type { Locator, Page } from "@playwright/test";
import type { Screen } from "./screens.ts";
import { OPERATORS_TOKEN } from "./yunfan_server.ts";

const main = (page: Page): Locator => page.locator("main");
const dialog = (page: Page): Locator => page.getByRole("dialog").last();
const isPhone = (page: Page): boolean => (page.viewportSize()?.width ?? 0) < 768;
const button = (name: RegExp) => (page: Page) => page.locator("main, header").getByRole("button", { name }).first().click();
const PRODUCT = "YP-001";

/** The entry that clashes, which on a phone takes the list's place. */
async function openEntry(page: Page): Promise<void> {
  const entry = page.getByRole("article");
  const lines = main(page).locator("li button[aria-current]");
  await lines.first().or(entry).first().waitFor();
  if (await lines.first().isVisible()) await lines.filter({ hasText: /离线|offline/ }).first().click();
  await entry.waitFor();
}

async function resubmit(page: Page): Promise<void> {
  await openEntry(page);
  await page.getByRole("article").getByRole("button", { name: /修改后重新提交|Edit and resubmit/ }).click();
  await dialog(page).waitFor();
}

/** A row that is good, one with a wrong address, one without a name. */
async function checkSheet(page: Page): Promise<void> {
  const sheet = ["客户名称,电话,邮箱,说不清的一列", "苏州平江书局,0512-65230001,buyer@pingjiang.example.com,甲", "无锡太湖文具,0510-82700002,不是邮箱,乙", ",0519-86600003,,丙"];
  await page.locator("input[type=file]").setInputFiles({ name: "客户.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${sheet.join("\r\n")}`) });
  await main(page).getByRole("table").first().waitFor();
}

/** With a photo and a second of the browser's own beeping. */
async function enclose(page: Page): Promise<void> {
  const photo = await page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 240 } });
  await main(page).locator("input[type=file]").first().setInputFiles({ name: "IMG_0001.png", mimeType: "image/png", buffer: photo });
  await main(page).getByRole("img", { name: /照片 1|Photo 1/ }).waitFor();
  await page.context().grantPermissions(["microphone"]);
  await button(/^(audio )?(语音|Voice note)$/)(page);
  await page.getByRole("button", { name: /停止 0:01|Stop 0:01/ }).click();
  await main(page).locator("audio").waitFor();
  await main(page).getByRole("textbox", { name: /内容|Content/ }).fill("看了样品，要三十箱，价格再谈。");
  // Away from the bar that stays at the foot of a phone.
  await main(page).locator("audio").evaluate((audio) => audio.scrollIntoView({ block: "center" }));
}

/** A line: in the grid, or on a phone's sheet, which stays open. */
async function addLine(page: Page): Promise<void> {
  if (isPhone(page)) {
    await button(/添加一行|Add row/)(page);
    await dialog(page).getByLabel(/商品|Product/).first().fill(PRODUCT);
    await dialog(page).getByRole("button").filter({ hasText: PRODUCT }).first().click();
    await dialog(page).getByLabel(/数量|Quantity/).first().fill("12");
    return;
  }
  await main(page).getByRole("gridcell").first().click();
  await page.keyboard.type(PRODUCT);
  await page.getByRole("option").filter({ hasText: PRODUCT }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("12");
  await page.keyboard.press("Enter");
}

async function scan(page: Page): Promise<void> {
  await type(page, PRODUCT);
  await type(page, "6900000000000");
}

async function type(page: Page, code: string): Promise<void> {
  const field = main(page).getByRole("combobox", { name: /扫码|Scan/ });
  await field.fill(code);
  await field.press("Enter");
  await page.waitForTimeout(300);
}

async function find(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /搜索|Search/ }).fill("hz");
  await page.getByRole("option").nth(1).waitFor();
}

async function look(page: Page): Promise<void> {
  await main(page).locator("input[type=password]").fill(OPERATORS_TOKEN);
  await main(page).locator("button[type=submit]").click();
  await main(page).locator("section").nth(2).waitFor();
}

export const FILLED: readonly Screen[] = [
  { name: "filled-customer", path: "/customers/:customer" },
  { name: "filled-customer-files", path: "/customers/:customer", open: (page) => page.getByRole("tab", { name: /附件|Files/ }).click() },
  { name: "filled-customer-edit", path: "/edit/customers/:customer" },
  { name: "filled-count", path: "/counts/:count" },
  { name: "filled-list", path: '/list/customers?f=name:startsWith:"杭州"&group=ownerId' },
  { name: "filled-list-archived", path: "/list/customers?archived=only" },
  { name: "filled-inbox-entry", path: "/inbox", open: openEntry },
  { name: "filled-inbox-resubmit", path: "/inbox", open: resubmit },
  { name: "filled-import-report", path: "/settings/import", open: checkSheet },
  { name: "filled-follow-up", path: "/follow-up?customer=:customer", open: enclose },
  { name: "filled-order-new", path: "/orders/new?customerId=:customer", open: addLine },
  { name: "filled-count-new", path: "/counts/new", open: scan },
  { name: "filled-scan", path: "/scan", open: (page) => type(page, PRODUCT) },
  { name: "filled-search", path: "/", open: find },
  { name: "filled-filter", path: '/list/customers?f=name:startsWith:"杭州"', open: button(/^(filter )?(筛选|Filter)$/) },
  { name: "filled-columns", path: "/list/customers", open: button(/^(table )?(列|Columns)$/), atADesk: true },
  { name: "filled-views", path: "/list/customers", open: button(/视图|[Vv]iew/) },
  { name: "filled-sync", path: "/todo", open: button(/同步状态|Sync/) },
  { name: "filled-ops", path: "/ops", open: look },
];

/** What stands before the app on a device that somebody uses already: the accounts, then the PIN of one. `shown` looks at
 * each; nobody is signed in afterwards. */
export async function throughTheLock(page: Page, url: string, shown: (name: string) => Promise<void>): Promise<void> {
  const pin = "271828";
  await page.goto(`${url}/me`);
  await main(page).getByRole("button", { name: /设置 PIN|Set a PIN/ }).click();
  await dialog(page).getByLabel(/PIN/).first().fill(pin);
  await dialog(page).getByLabel(/再输一次|Repeat PIN/).fill(pin);
  await shown("filled-pin-set");
  await dialog(page).getByRole("button", { name: /保\s?存|Save/ }).click();
  await dialog(page).waitFor({ state: "hidden" });
  await page.goto(url);
  const account = page.getByRole("button").filter({ hasText: /陈明远/ }).first();
  const field = page.getByLabel("PIN", { exact: true });
  await account.or(field).first().waitFor();
  if (await field.isVisible()) await page.getByRole("button", { name: /返回|Back/ }).click();
  await account.waitFor();
  await shown("filled-accounts");
  await account.click();
  await field.fill("000000");
  await shown("filled-pin");
}

