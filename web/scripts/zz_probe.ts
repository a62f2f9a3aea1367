import { chromium } from "@playwright/test";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { signIn, loaded } from "../tests/support/signed_in.ts";
import { DEMO } from "../tests/support/yunfan_server.ts";
import { placeOf, SCREENS } from "../tests/support/screens.ts";
import { settled, visit } from "../tests/support/settled.ts";
const b = await chromium.launch(chromiumOptions());
const c = await b.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN" });
const page = await c.newPage();
const url = "http://localhost:9231";
await signIn(page, url, DEMO.admin);
const place = await placeOf(page, SCREENS.find((s) => s.name === "customer")!);
await visit(page, place!); await settled(page);


for (const name of ["基本资料", "集团关系", "附件", "变更历史", "订单"]) {
  const tab = page.getByRole("tab", { name });
  const box = (await tab.boundingBox())!;
  const x = Math.min(box.x + box.width / 2, 370);
  console.log(name, box.x, x);
  await page.touchscreen.tap(x, box.y + box.height / 2);
  await page.waitForTimeout(600);
  console.log("selected", await page.getByRole("tab", { selected: true }).innerText());
}
await page.screenshot({ path: "/tmp/wt/gp/tabs.png" });
await b.close();
