/** Bringing somebody in by hand where no mail goes out, and ending a sign-in from elsewhere. */
import { expect, test } from "./stage.ts";
import { uuid7 } from "../../src/values/uuid7.ts";
import { Asked } from "../support/graphql.ts";
import { settled } from "../support/settled.ts";
import { loaded, signIn } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";

const SEEN_MS = 5_000;

test.beforeEach(({ viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "an admin's desk");
});

test("an invitation's link is shown once to the inviter, lets one person in and nobody after", async ({ newDevice, server, browser }) => {
  const admin = await newDevice();
  const page = await admin.open();
  await signIn(page, admin.url, DEMO.admin);
  await page.goto(`${admin.url}/settings/members`);
  await page.getByRole("button", { name: "邀请成员" }).click();
  const dialog = page.getByRole("dialog");
  const address = `zhou${Date.now()}@demo.example.com`;
  await dialog.getByLabel("姓名").fill("周新");
  await dialog.getByLabel(/手机或邮箱/).fill(address);
  await dialog.getByRole("combobox", { name: "角色" }).click();
  await page.locator(".ant-select-dropdown:visible").getByText("业务员", { exact: true }).click();
  await dialog.getByLabel("姓名").click();
  await dialog.getByRole("button", { name: "发出邀请" }).click();
  const link = (await page.locator(".ant-modal-confirm code").innerText()).trim();

  const there = await browser.newPage({ locale: "zh-CN" });
  await there.goto(link.replace(/^https?:\/\/[^/]+/, server.url));
  await there.locator("input[type=password]:visible").first().fill("Liuhe-Pagoda-970");
  await there.getByRole("button", { name: "接受邀请并加入" }).click();
  await expect(there.getByText("您已加入 云帆示范商贸有限公司")).toBeVisible();
  await there.goto("about:blank");
  await there.goto(link.replace(/^https?:\/\/[^/]+/, server.url));
  await expect(there.getByText("邀请已失效")).toBeVisible();
  await there.close();
});

test("who is signed out by an admin reads so within seconds, and signs in again where they stand", async ({ newDevice }) => {
  const [admin, rep] = [await newDevice(), await newDevice()];
  const [desk, field] = [await admin.open(), await rep.open()];
  await signIn(field, rep.url, DEMO.otherRep);
  await signIn(desk, admin.url, DEMO.admin);
  await desk.goto(`${admin.url}/settings/members`);
  await desk.getByRole("row", { name: /赵志强/ }).getByRole("button").last().click();
  await settled(desk); // what still moves is pressed beside
  await desk.getByRole("menuitem", { name: "强制下线" }).click();
  await desk.getByRole("dialog").getByRole("button", { name: "强制下线" }).click();
  const bar = field.getByRole("alert").filter({ hasText: "登录已失效" });
  await expect(bar).toBeVisible({ timeout: SEEN_MS });
  await bar.getByRole("button", { name: "重新登录" }).click();
  await field.getByRole("button", { name: "登录其他账号" }).click();
  await field.locator("input[name=identifier]").fill(DEMO.otherRep.identifier);
  await field.locator("input[name=password]").fill(DEMO.otherRep.password);
  await field.locator("form button[type=submit]").click();
  await loaded(field);
  await expect(bar).toHaveCount(0);
});

test("who has as many devices as one may have reads so, is led to them, and goes on once one is revoked", async ({ newDevice, server }) => {
  // Under another sign-in: a device that is revoked takes those along that it used.
  const [elsewhere, tidying] = [await Asked.as(server.url, DEMO.auditor), await Asked.as(server.url, DEMO.auditor)];
  const registered: string[] = [];
  for (let told = 200; told === 200; ) {
    const deviceId = uuid7();
    told = await elsewhere.registers(deviceId, "闲置设备");
    if (told === 200) registered.push(deviceId);
    else expect(told).toBe(409);
  }
  const device = await newDevice();
  const page = await device.open();
  try {
    await page.locator("input[name=identifier]").fill(DEMO.auditor.identifier);
    await page.locator("input[name=password]").fill(DEMO.auditor.password);
    await page.locator("form button[type=submit]").click();
    const bar = page.getByRole("alert").filter({ hasText: "每人最多登记 20 台设备" });
    await expect(bar).toContainText("吊销一台不再使用的设备");
    await bar.getByRole("button", { name: "查看我的设备" }).click();
    await expect(page).toHaveURL(/\/settings\/devices\?mine$/);
    await page.getByRole("button", { name: /^闲置设备: / }).first().click();
    await page.getByRole("menuitem", { name: "吊销" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "吊销" }).click();
    await loaded(page);
    await expect(bar).toHaveCount(0);
  } finally {
    for (const id of registered) await tidying.ask("mutation($input: RevokeDeviceInput!) { revokeDevice(input: $input) { id } }", { input: { id } });
  }
});

test("an invitation that nobody accepted is listed, sent again and withdrawn; devices say which build of the app they run", async ({ newDevice, server, browser }) => {
  const admin = await newDevice();
  const page = await admin.open();
  await signIn(page, admin.url, DEMO.admin);
  const asked = await Asked.as(server.url, DEMO.admin);
  const [role] = (await asked.ask<{ roles: { nodes: readonly { id: string; key: string }[] } }>("{ roles { nodes { id key } } }")).roles.nodes.filter(({ key }) => key === "salesperson");
  const name = `钱多多${Date.now()}`;
  const invited = await asked.ask<{ inviteMember: { link: string } }>("mutation($input: InviteMemberInput!) { inviteMember(input: $input) { link } }", {
    input: { name, email: `qian${Date.now()}@demo.example.com`, roleIds: [role?.id] },
  });
  await page.goto(`${admin.url}/settings/members`);
  await page.getByText(/^待加入 \d+$/).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("业务员");
  await row.getByRole("button", { name: `重新发送给${name}` }).click();
  const again = (await page.locator(".ant-modal-confirm code").innerText()).trim();
  await page.locator(".ant-modal-confirm").getByRole("button").last().click();
  const stranger = await browser.newPage({ locale: "zh-CN" });
  const opened = async (link: string): Promise<void> => {
    await stranger.goto("about:blank");
    await stranger.goto(link.replace(/^https?:\/\/[^/]+/, server.url));
  };
  await opened(invited.inviteMember.link);
  await expect(stranger.getByText("邀请已失效")).toBeVisible();
  await opened(again);
  await expect(stranger.getByRole("button", { name: "接受邀请并加入" })).toBeVisible();
  await row.getByRole("button", { name: `撤回${name}的邀请` }).click();
  await page.getByRole("dialog").getByRole("button", { name: /撤\s?回/ }).click();
  await expect(row).toHaveCount(0);
  await opened(again);
  await expect(stranger.getByText("邀请已失效")).toBeVisible();
  await stranger.close();

  await page.goto(`${admin.url}/settings/devices`);
  await expect(page.getByRole("row").filter({ hasText: /\d+\.\d+\.\d+\+[0-9a-f]{8}/ }).first()).toBeVisible();
});
