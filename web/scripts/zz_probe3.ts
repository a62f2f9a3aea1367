import { chromium } from "@playwright/test";
import { chromiumOptions } from "../tests/support/chromium.ts";
import { signIn, wear } from "../tests/support/signed_in.ts";
import { DEMO } from "../tests/support/yunfan_server.ts";
import { placeOf, SCREENS } from "../tests/support/screens.ts";
import { settled, visit } from "../tests/support/settled.ts";
const b = await chromium.launch(chromiumOptions());
for (const [w, h] of [[390, 844], [360, 740]] as const) {
const c = await b.newContext({ viewport: { width: w, height: h }, hasTouch: true, isMobile: true, locale: "en" });
await wear(c, { language: "en", theme: "light" });
const page = await c.newPage();
await signIn(page, "http://localhost:9231", DEMO.admin);
for (const name of ["customer", "order", "import", "list-products"]) {
  const place = await placeOf(page, SCREENS.find((s) => s.name === name)!);
  await visit(page, place!); await settled(page);
  await page.screenshot({ path: `/tmp/wt/gp/p-${w}-${name}.png` });
  if (name === "customer") console.log(w, await page.evaluate(() => [...document.querySelectorAll("main [class*=phoneActions] > *")].map((e) => { const r = e.getBoundingClientRect(); return [e.textContent, r.left, r.right, r.top]; })));
}
await c.close();
}
await b.close();
