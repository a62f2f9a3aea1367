/** The first hour of three people in an empty company, at the pace of people: each is done within a quarter of an hour. */
import { signIn } from "../support/signed_in.ts";
import type { SignIn } from "../support/yunfan_server.ts";
import { Asked } from "../support/graphql.ts";
import { Hand } from "./hand.ts";
import { followUp } from "./demo.ts";
import { confirm, count, deliver, makeRow, newCompany, quote, receive, signUp } from "./loop.ts";
import { expect, synced, test, type DeviceProfile } from "./stage.ts";

const QUARTER_OF_AN_HOUR_SECONDS = 15 * 60;
const PASSWORD = "autumn-river-2026";
const CODE = "6923450657713";
const SHEET = ["客户名称,电话,邮箱,结算方式", "苏州平江书局,0512-65230001,buyer@pingjiang.example.com,月结", "无锡太湖文具,0510-82700002,不是邮箱,现结", "常州天宁办公,0519-86600003,,月结"];

test.setTimeout(420_000);

test("a first hour: admin, rep and keeper from an empty company @long", async ({ server, newDevice }) => {
  const office = await newDevice();
  const since = performance.now();
  const admin = new Hand(await office.open(), since);
  const company = newCompany("平江文具");
  const run = Date.now();
  const [repMail, keeperMail] = [`rep-${run}@example.com`, `keeper-${run}@example.com`];

  await signUp(admin, company);
  await statesTheFacts(admin);
  const repLink = await invites(admin, "周小雨", repMail, "业务员");
  const keeperLink = await invites(admin, "何大海", keeperMail, "仓库管理员");
  await definesAField(admin);
  await makeRow(admin, "商品", { 商品名称: "得力笔记本", 商品编码: CODE, 计量单位: "本", 标准售价: "9.9" });
  await makeRow(admin, "仓库", { 仓库名称: "主仓" });
  await imports(admin);
  await admin.go("开始使用");
  await expect(admin.main.getByRole("progressbar")).toHaveAccessibleName("已完成 4/8 步"); // whoever was invited has still to come
  await synced(admin.page);
  within(admin, "admin");

  const rep = await joins(await newDevice(), repLink, { identifier: repMail, password: PASSWORD }, "周小雨");
  await makeRow(rep, "客户", { 客户名称: "昆山玉山书店" });
  await followsUpInThreeTaps(rep);
  await quote(rep, { customer: "昆山玉山书店", product: "得力笔记本", quantity: "40" });
  await expect(rep.main.getByText("¥396.00").first()).toBeVisible();
  await confirm(rep);
  const order = new URL(rep.page.url()).pathname;
  await synced(rep.page);
  within(rep, "rep");

  const keeper = await joins(await newDevice(), keeperLink, { identifier: keeperMail, password: PASSWORD }, "何大海");
  await receive(keeper, "得力笔记本", "100");
  await delivers(keeper, order);
  await count(keeper, CODE, "59");
  await synced(keeper.page);
  within(keeper, "keeper");

  // The admin's page, open all the while, has followed; a follow-up of their own is what is left.
  await expect(admin.main.getByRole("progressbar")).toHaveAccessibleName("已完成 7/8 步");
  const asked = await Asked.as(server.url, company);
  const balances = await asked.nodes<{ onHand: string }>("stockBalances(first: 5) { edges { node { onHand } } }");
  expect(balances.map(({ onHand }) => Number(onHand))).toEqual([59]);
  const customers = await asked.nodes<{ name: string; custom: unknown }>("customers(first: 10) { edges { node { name custom } } }");
  expect(customers.map(({ name }) => name).toSorted()).toEqual(["常州天宁办公", "无锡太湖文具", "昆山玉山书店", "苏州平江书局"].toSorted());
});

/** The person's time and the app's together. */
function within(hand: Hand, who: string): void {
  const { presses, seconds, appSeconds } = hand;
  const told = `${who}: ${presses} presses, ${Math.round(seconds)} s of the person's and ${Math.round(appSeconds)} s of the app's`;
  test.info().annotations.push({ type: who, description: told });
  expect(appSeconds, told).toBeGreaterThan(0);
  expect(seconds + appSeconds, told).toBeLessThan(QUARTER_OF_AN_HOUR_SECONDS);
}

async function statesTheFacts(hand: Hand): Promise<void> {
  await hand.press(hand.main.getByRole("link", { name: "填写" }));
  await hand.arrives("组织架构");
  await hand.press(hand.main.getByRole("region", { name: "法人主体" }).getByRole("button", { name: "修改" }));
  const dialog = hand.page.getByRole("dialog");
  await hand.write(dialog.getByLabel("统一社会信用代码"), "91320508MA1MXU5T4C");
  await hand.press(dialog.getByRole("button", { name: /保\s?存/ }));
  await expect(dialog).toBeHidden();
}

/** The link that the admin hands over: no mail goes out here. */
async function invites(hand: Hand, name: string, mail: string, role: string): Promise<URL> {
  await hand.go("成员");
  await hand.arrives("成员");
  await hand.button("邀请成员");
  const dialog = hand.page.getByRole("dialog", { name: "邀请成员" });
  await hand.write(dialog.getByLabel("姓名"), name);
  await hand.write(dialog.getByLabel("手机或邮箱"), mail);
  await hand.press(dialog.getByRole("combobox", { name: "角色" }));
  await hand.press(hand.page.locator(".ant-select-dropdown:visible").getByText(role, { exact: true }));
  await hand.page.keyboard.press("Escape");
  await hand.button("发出邀请", dialog);
  const shown = hand.page.getByRole("dialog", { name: `请把邀请链接交给${name}` });
  const link = await shown.locator("code").innerText();
  await hand.press(shown.getByRole("button", { name: /知道了|确\s?定/ }));
  await expect(hand.page.getByRole("dialog")).toHaveCount(0);
  return new URL(link.trim());
}

async function definesAField(hand: Hand): Promise<void> {
  await hand.go("自定义字段");
  await hand.arrives("自定义字段");
  await hand.button("添加字段");
  const dialog = hand.page.getByRole("dialog");
  await hand.write(dialog.getByLabel("名称（中文）"), "结算方式");
  await hand.write(dialog.getByLabel("名称（英文）"), "Terms");
  await hand.write(dialog.getByLabel("标识"), "terms");
  await hand.press(dialog.getByRole("button", { name: /保\s?存/ }));
  await expect(hand.main.getByText("结算方式").first()).toBeVisible();
}

/** First a sheet with a bad row: told, nothing written; then the mended one. */
async function imports(hand: Hand): Promise<void> {
  await hand.go("导入");
  await hand.arrives("导入数据");
  const put = (lines: readonly string[]) => hand.page.locator("input[type=file]").setInputFiles({ name: "客户.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${lines.join("\r\n")}`) });
  await put(SHEET);
  await expect(hand.main.getByText(/有问题/).first()).toBeVisible();
  await expect(hand.main.getByText(/邮箱/).first()).toBeVisible();
  await hand.button("换一个文件");
  await put(SHEET.map((line) => line.replace("不是邮箱", "")));
  await hand.button("导入 3 行");
  await expect(hand.main.getByText("导入完成")).toBeVisible();
}

async function joins(device: DeviceProfile, link: URL, who: SignIn, name: string): Promise<Hand> {
  const since = performance.now();
  const hand = new Hand(await device.open(link.pathname + link.hash), since);
  await expect(hand.page.getByLabel("您的姓名")).toHaveValue(name);
  await hand.write(hand.page.getByLabel("设置登录密码", { exact: true }), who.password);
  await hand.press(hand.page.getByRole("button", { name: "接受邀请并加入" }));
  await expect(hand.page.getByText("您已加入")).toBeVisible();
  await signIn(hand.page, device.url, who);
  hand.seconds += 20;
  return hand;
}

/** A phone's three taps: +, the customer, save. On a desk the same way. */
async function followsUpInThreeTaps(hand: Hand): Promise<void> {
  if (!hand.isPhone) return followUp(hand, { customer: "昆山玉山书店", content: "第一次拜访" });
  await hand.go("工作台");
  const before = hand.presses;
  await hand.press(hand.main.getByRole("link", { name: "写跟进" }).or(hand.main.getByRole("button", { name: "写跟进" })).first());
  await hand.press(hand.main.getByRole("button", { name: /昆山玉山书店/ }));
  await hand.button("保存跟进");
  await expect(hand.page).toHaveURL(/\/customers\//);
  expect(hand.presses - before).toBe(3);
}

async function delivers(hand: Hand, order: string): Promise<void> {
  await hand.go("销售单");
  await hand.press(hand.main.locator("[data-row-id]").first());
  await expect(hand.page).toHaveURL(new RegExp(order));
  await deliver(hand);
}
