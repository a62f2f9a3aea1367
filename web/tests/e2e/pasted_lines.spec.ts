/** Lines out of a spreadsheet, some of which cannot be read: nothing is made of them, and they are still there tomorrow. */
import type { Page } from "@playwright/test";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { drafts } from "./kept_drafts.ts";
import { expect, test } from "./stage.ts";

interface Found {
  readonly code: string;
  readonly unit: string;
}

async function paste(page: Page, block: string): Promise<void> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((text) => navigator.clipboard.writeText(text), block);
  await page.locator("main").getByRole("combobox", { name: /^商品，第 1 行，空/ }).focus();
  await page.keyboard.press("Control+v");
}

for (const [what, path, heading, sum, gap] of [
  ["order", "/orders/new", "商品\t\t\t\t数量", 5, "\t\t\t\t"],
  ["count", "/counts/new", "商品\t编码\t单位\tCounted", 4, "\t\t\t"],
  ["move", "/moves/new", "商品\t\t数量", 3, "\t\t"],
] as const) {
  test(`pasted into a new ${what}: what cannot be read counts nowhere, and is what it was after a reload`, async ({ newDevice, server, isMobile }, info) => {
    test.skip(isMobile, "a grid");
    const asked = await Asked.as(server.url, DEMO.admin);
    const [one, other] = await asked.nodes<Found>("products(first: 2) { edges { node { code unit } } }");
    if (one === undefined || other === undefined) throw new Error("the demo has too few products");
    const device = await newDevice();
    const page = await enter(device, DEMO.admin);
    await visit(page, device.url + path);
    await paste(page, [heading, `${one.code}${gap}500${one.unit}`, `${other.code}${gap}五百`, `NO-SUCH-9${gap}3`].join("\n"));
    await expect(page.locator("main").getByRole("status").filter({ hasText: "其中 2 个有误；首行是标题，未粘贴" })).toBeVisible();
    const stands = async (): Promise<void> => {
      await expect(page.locator("main [role=gridcell][aria-invalid=true]")).toHaveText(["五百", "NO-SUCH-9"]);
      const foot = page.locator("main [role=row]").last();
      await expect(foot.locator(`[aria-colindex="${sum + 1}"]`)).toHaveText("500");
    };
    await stands();
    await drafts(page, `${what} new`, 1);
    await page.screenshot({ path: info.outputPath("pasted.png") });
    await page.reload();
    await expect(page.locator("main").getByText(/已恢复上次/)).toBeVisible();
    await stands();
    await page.screenshot({ path: info.outputPath("restored.png") });
  });
}
