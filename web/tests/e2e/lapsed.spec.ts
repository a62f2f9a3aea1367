/** A company whose trial is over: it reads everything, is told once why nothing changes, and loses nothing that it writes. */
import { type YunfanServer as Server, YunfanServer, DEMO } from "../support/yunfan_server.ts";
import { loaded, signIn } from "../support/signed_in.ts";
import { expect, test } from "./stage.ts";

let server: Server | null = null;

test.afterEach(async () => {
  await server?.remove();
  server = null;
});

test("after the trial: readable, one sentence why, and what is written waits @long", async ({ page, viewport }) => {
  test.skip((viewport?.width ?? 0) < 768, "the same at any width");
  test.setTimeout(300_000);
  const before = await YunfanServer.start();
  await before.stop();
  server = YunfanServer.known(before.port, before.data, { YUNFAN_CLOCK: "+17d" });
  await server.start();
  await signIn(page, server.url, DEMO.admin);
  await expect(page.getByRole("alert").filter({ hasText: "目前只能查看和导出" })).toHaveCount(1);
  await page.goto(`${server.url}/list/customers`);
  await loaded(page);
  await expect(page.locator("main [data-row-id]").first()).toBeVisible();
  await page.goto(`${server.url}/modules`);
  await loaded(page);
  await expect(page.getByRole("region", { name: "客户关系" })).toContainText("只读");
  await page.goto(`${server.url}/new/customers`);
  await loaded(page);
  await page.getByLabel("客户名称").first().fill("到期之后的客户");
  await page.locator("main").getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "到期之后的客户" })).toBeVisible();
  await expect(page.locator("main").getByText("等待订阅").first()).toBeVisible();
});
