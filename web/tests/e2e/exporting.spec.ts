/** The export screen: not for everybody, not without a network; and what it gives is all and readable. */
import type { Download, Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { expect, offline, test } from "./stage.ts";

const ZIP = Buffer.from("PK\u0003\u0004");

async function saved(page: Page, press: () => Promise<void>): Promise<{ readonly name: string; readonly content: Buffer }> {
  const download: Promise<Download> = page.waitForEvent("download", { timeout: 60_000 });
  await press();
  const file = await download;
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

test("an export: refused to whoever may not, said without a network, complete for whoever may @long @desk", async ({ newDevice, server }) => {
  test.setTimeout(240_000);
  const field = await newDevice();
  const rep = await enter(field, DEMO.rep);
  await visit(rep, `${field.url}/settings/export`);
  await expect(rep.getByRole("heading", { level: 1, name: "导出数据" })).toBeVisible();
  await expect(rep.getByRole("button", { name: "导出全部数据" })).toHaveCount(0);

  const desk = await newDevice();
  const page = await enter(desk, DEMO.admin);
  await visit(page, `${desk.url}/settings/export`);
  const customers = page.locator("main li").filter({ hasText: /^客户/ });
  const csv = await saved(page, () => customers.getByRole("button", { name: "CSV" }).click());
  expect(csv.name).toMatch(/\.csv$/);
  const lines = csv.content.toString("utf8").replace(/^\uFEFF/, "").trimEnd().split(/\r?\n/);
  const { customers: counted } = await (await Asked.as(server.url, DEMO.admin)).ask<{ customers: { totalCount: number } }>("query { customers(first: 1) { totalCount } }");
  expect(lines.length - 1).toBe(counted.totalCount);
  expect(lines[0]).toContain("客户名称");
  const sheet = await saved(page, () => customers.getByRole("button", { name: "Excel" }).click());
  expect(sheet.name).toMatch(/\.xlsx$/);
  expect(sheet.content.subarray(0, 4)).toEqual(ZIP);
  const all = await saved(page, () => page.getByRole("button", { name: "导出全部数据" }).click());
  expect(all.name).toMatch(/\.zip$/);
  expect(all.content.subarray(0, 4)).toEqual(ZIP);
  // Names stand uncompressed in an archive's directory.
  for (const part of ["csv/customer.csv", "csv/product.csv", "csv/sales_order.csv"]) expect(all.content.includes(part), part).toBe(true);

  await desk.line.cut();
  await offline(page);
  await customers.getByRole("button", { name: "CSV" }).click();
  await expect(page.locator(".ant-message")).toContainText(/网络|联网/);
});
