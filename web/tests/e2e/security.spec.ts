/** What keeps others out: the second factor, hidden fields, a device that is revoked. */
import type { Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Asked } from "../support/graphql.ts";
import { loaded } from "../support/signed_in.ts";
import { DEMO, type SignIn } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { Hand } from "./hand.ts";
import { newCompany, signUp } from "./loop.ts";
import { linkFor } from "./mail_box.ts";
import { expect, synced, test } from "./stage.ts";
import { totp } from "./totp.ts";

test.beforeEach(({ viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "an admin's desk");
});

/** The door alone: a second factor may follow. */
async function knock(page: Page, who: SignIn): Promise<void> {
  await page.locator("input[name=identifier]").fill(who.identifier);
  await page.locator("input[name=password]").fill(who.password);
  await page.locator("form button[type=submit]").click();
}

async function verifyEmail(page: Page, url: string, data: string, address: string): Promise<void> {
  await page.goto((await linkFor(data, address)).replace(/^https?:\/\/[^/]+/, url));
  await page.getByRole("button", { name: "验证我的邮箱" }).click();
  await expect(page.getByText("邮箱已验证")).toBeVisible();
}

test("the second factor: not before the address is proved, then asked for; a recovery code opens once @long", async ({ newDevice, server }) => {
  const device = await newDevice();
  const page = await device.open();
  const who = newCompany("两步验证公司");
  await signUp(new Hand(page), who);
  await visit(page, `${device.url}/me`);
  const on = page.getByRole("button", { name: "启用", exact: true });
  await expect(on).toBeDisabled();
  await expect(page.getByText("启用前需先验证邮箱")).toBeVisible();
  await verifyEmail(page, device.url, server.data, who.identifier);
  await visit(page, `${device.url}/me`);
  await on.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("请输入密码").fill(who.password);
  await dialog.getByRole("button", { name: "下一步" }).click();
  const secret = await dialog.locator("code").innerText();
  await dialog.getByLabel("6 位数字").fill("000000");
  await dialog.getByRole("button", { name: "确认启用" }).click();
  await expect(dialog.getByText("不正确")).toBeVisible();
  await dialog.getByLabel("6 位数字").fill(totp(secret, Date.now()));
  await dialog.getByRole("button", { name: "确认启用" }).click();
  await expect(page.getByText("只显示这一次")).toBeVisible();
  const [first = ""] = await dialog.locator("li code").allInnerTexts();
  await page.getByRole("button", { name: "已妥善保存" }).click();
  await expect(page.getByText("还有 10 个恢复码")).toBeVisible();

  for (const opens of [true, false]) {
    const other = await (await newDevice()).open();
    await knock(other, who);
    await other.getByRole("button", { name: /使用恢复码/ }).click();
    await other.locator("input[name=recoveryCode]").fill(first);
    await other.locator("form button[type=submit]").click();
    if (opens) await loaded(other);
    else await expect(other.getByText("不正确，或已被使用")).toBeVisible();
  }
});

/** Files below a folder in whose bytes a text stands. */
function filesWith(folder: string, text: string): readonly string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => join(entry.parentPath, entry.name)).filter((path) => readFileSync(path).includes(text));
}

test("a field that a role hides leaves the device, to the last byte @long", async ({ newDevice, server }) => {
  const admin = await Asked.as(server.url, DEMO.admin);
  const [customer] = await (await Asked.as(server.url, DEMO.otherRep)).nodes<{ name: string; phone: string }>('customers(first: 1, filter: { phone: { isNull: false } }) { edges { node { name phone } } }');
  if (customer === undefined) throw new Error("the demo's rep has no customer with a telephone");
  const device = await newDevice();
  const page = await enter(device, DEMO.otherRep);
  await synced(page);
  await device.close();
  expect(filesWith(device.folder, customer.phone)).not.toEqual([]);

  const held = await admin.nodes<{ id: string; version: number; role: { permissions: readonly string[] }; member: { id: string; name: string } }>("roleAssignments(first: 50) { edges { node { id version role { permissions } member { id name } } } }");
  const own = held.filter(({ member }) => member.name === "赵志强");
  const [first] = own;
  if (first === undefined) throw new Error("the demo's rep holds no role");
  const create = "mutation($input: CreateRoleInput!) { createRole(input: $input) { id } }";
  const { createRole } = await admin.ask<{ createRole: { id: string } }>(create, { input: { name: `看不到电话 ${Date.now()}`, permissions: first.role.permissions, masks: ["party.Customer.phone"] } });
  await admin.ask("mutation($input: AssignRoleInput!) { assignRole(input: $input) { id } }", { input: { memberId: first.member.id, roleId: createRole.id, scope: "own" } });
  for (const { id } of own) await admin.ask("mutation($input: UnassignRoleInput!) { unassignRole(input: $input) { id } }", { input: { id } });

  const again = await device.open();
  await loaded(again);
  await synced(again);
  await visit(again, `${device.url}/list/customers`);
  await expect(again.getByText(customer.name).first()).toBeVisible();
  await device.close();
  expect(filesWith(device.folder, customer.phone)).toEqual([]);
  expect(filesWith(device.folder, customer.name)).not.toEqual([]);
});

test("a revoked device says so, and goes on as a new one after a sign-in @long", async ({ newDevice, server }) => {
  const device = await newDevice();
  const page = await enter(device, DEMO.rep);
  const asked = await Asked.as(server.url, DEMO.admin);
  const query = "query { devices(first: 1, orderBy: [{ field: LAST_SEEN_AT, direction: DESC }]) { nodes { id member { name } } } }";
  const { devices } = await asked.ask<{ devices: { nodes: readonly { id: string; member: { name: string } }[] } }>(query);
  expect(devices.nodes[0]?.member.name).toBe("李雨桐");
  await asked.ask("mutation($input: RevokeDeviceInput!) { revokeDevice(input: $input) { id } }", { input: { id: devices.nodes[0]?.id } });
  const bar = page.getByRole("alert").filter({ hasText: "这台设备已被停用" });
  await expect(bar).toBeVisible();
  await bar.getByRole("button", { name: "重新登录" }).click();
  await page.getByRole("button", { name: /李雨桐.*已退出/ }).click();
  await knock(page, DEMO.rep);
  await loaded(page);
  await synced(page);
  await expect(bar).toHaveCount(0);
});
