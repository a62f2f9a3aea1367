// The product from end to end: a real server, which the run starts, stops and starts again, and a real Chromium.
// `npx playwright test --grep-invert @long` is the quick set; with YUNFAN_SOAK=1 and without the rest, everything.
import { defineConfig } from "@playwright/test";
import { chromiumOptions } from "./tests/support/chromium.ts";

const { executablePath, args } = chromiumOptions();
// What is no different on a phone goes there with the long forms alone.
const onPhones = process.env["YUNFAN_SOAK"] === "1" ? {} : { grepInvert: /@desk/ };

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "../.yunfan/e2e",
  globalSetup: "./tests/e2e/server_setup.ts",
  // One server, which tests stop for all.
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: "list",
  use: { locale: "zh-CN", timezoneId: "Asia/Shanghai", actionTimeout: 20_000, launchOptions: { executablePath, args }, screenshot: "only-on-failure" },
  projects: [
    { name: "desktop", use: { viewport: { width: 1440, height: 900 } } },
    { name: "phone", ...onPhones, use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
  ],
});
