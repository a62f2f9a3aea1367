/** A newer app arrives while tabs of the former one are open: both go on, the newer one is offered, nothing is lost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";
import { loaded, signIn } from "../support/signed_in.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { Served } from "../device/served_page.ts";
import { Hand } from "./hand.ts";
import { makeRow } from "./loop.ts";
import { expect, synced, test } from "./stage.ts";

const WEB = resolve(import.meta.dirname, "../..");

test.skip(({ isMobile }) => isMobile, "once is enough: the versions differ, not the widths");
test.setTimeout(300_000);

/** The app as it is now, in another version. */
async function built(version: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "yunfan-version-"));
  const marked = { name: "marked", transformIndexHtml: () => [{ tag: "meta", attrs: { name: "version", content: version } }] };
  await build({ root: WEB, configFile: join(WEB, "vite.config.ts"), logLevel: "error", plugins: [marked], build: { outDir, emptyOutDir: true } });
  return outDir;
}

test("an old and a new app side by side @long", async ({ server, context }) => {
  const [one, two] = [await built("one"), await built("two")];
  const served = new Served(one, "/", server.url);
  await served.start();
  const version = 'meta[name="version"]';
  try {
    const page = await context.newPage();
    await signIn(page, served.url, DEMO.admin);
    await synced(page);
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    const second = await context.newPage();
    await second.goto(`${served.url}new/products`);
    await loaded(second);
    const half = second.locator("main").getByRole("textbox", { name: "商品名称" });
    await half.fill("写了一半的商品");

    served.folder = two;
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect(page.getByRole("status").filter({ hasText: "有新版本" })).toBeAttached();
    // Both go on working in the former version.
    const hand = new Hand(page);
    await makeRow(hand, "客户", { 客户名称: "旧版录入的客户" });
    await expect(page.locator(version)).toHaveAttribute("content", "one");

    await page.getByRole("button", { name: /同步状态/ }).click();
    await page.getByRole("button", { name: "立即更新" }).click();
    await expect(page.locator(version)).toHaveAttribute("content", "two");
    await loaded(page);
    await expect(page.locator("main")).toContainText("旧版录入的客户");

    // Whoever was typing was not interrupted, and can save.
    await expect(half).toHaveValue("写了一半的商品");
    await second.getByRole("button", { name: "保存", exact: true }).click();
    await expect(second).toHaveURL(/\/row\/products\//);
    await second.reload();
    await loaded(second);
    await expect(second.locator(version)).toHaveAttribute("content", "two");
    await expect(second.locator("main")).toContainText("写了一半的商品");
    await synced(second);
  } finally {
    await served.stop();
    await Promise.all([one, two].map((folder) => rm(folder, { recursive: true, force: true })));
  }
});
