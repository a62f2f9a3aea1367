/** The demo company, and what a person does with its records. */
import { expect, type Locator, type Page } from "@playwright/test";
import { loaded, signIn as signInPage } from "../support/signed_in.ts";
import type { SignIn } from "../support/yunfan_server.ts";
import type { Hand } from "./hand.ts";
import type { DeviceProfile } from "./stage.ts";

/** Signs in at the door and waits for the rows. */
export async function enter(device: DeviceProfile, who: SignIn): Promise<Page> {
  const page = await device.open();
  await signInPage(page, device.url, who);
  return page;
}

/** Another place by its address, as a link in a message would open it. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await loaded(page);
}

interface FollowUp {
  readonly customer: string;
  readonly content: string;
  readonly photo?: Buffer;
}

/** Ends at the customer, where it stands. */
export async function followUp(hand: Hand, { customer, content, photo }: FollowUp): Promise<void> {
  await hand.create("写跟进");
  await hand.arrives("写跟进");
  await hand.write(hand.main.getByRole("searchbox", { name: /搜索客户/ }), customer);
  await hand.press(hand.main.getByRole("button", { name: customer }));
  await hand.write(hand.main.getByRole("textbox", { name: "内容" }), content);
  if (photo !== undefined) {
    await hand.main.getByLabel("拍照").setInputFiles({ name: "IMG_0001.png", mimeType: "image/png", buffer: photo });
    await expect(hand.main.getByRole("img", { name: "照片 1" })).toBeVisible();
  }
  await hand.button("保存跟进");
  await expect(hand.page).toHaveURL(/\/customers\//);
  await expect(hand.main.getByText(content)).toBeVisible();
}

/** Through the form behind the customer's page; ends there again. */
export async function editCustomer(page: Page, url: string, { id, name }: { readonly id: string; readonly name: string }, fields: Readonly<Record<string, string>>): Promise<void> {
  await visit(page, `${url}/customers/${id}`);
  await page.locator("main").getByRole("button", { name: "更多操作" }).click();
  await page.getByRole("menuitem", { name: "编辑" }).click();
  const form = page.locator("main");
  for (const [label, text] of Object.entries(fields)) await form.getByRole("textbox", { name: label, exact: true }).fill(text);
  await form.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** The entry of the inbox that is about this customer, opened. */
export async function openEntry(page: Page, url: string, name: string): Promise<Locator> {
  await visit(page, `${url}/inbox`);
  await page.locator("main").getByText(name).first().click();
  const entry = page.getByRole("article");
  await expect(entry).toContainText(name);
  return entry;
}
