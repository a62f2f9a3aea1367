import { playwright } from "@vitest/browser-playwright";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { chromiumOptions } from "./tests/support/chromium.ts";

// The same tests in a real Chromium, with files in its private file system where a worker can have them: `npm run
// test:browser`. YUNFAN_SOAK=1: more seeds, and a kill before every transaction.
const { executablePath, args } = chromiumOptions();

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
  server: { fs: { allow: [".."] } },
  test: {
    provide: { soak: process.env["YUNFAN_SOAK"] === "1" },
    include: process.env["BENCH"] ? ["tests/bench/**/*.bench.ts"] : ["tests/vectors/**/*.test.ts", "tests/replica/**/*.test.ts"],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args } }),
      instances: [{ browser: "chromium" }],
    },
  },
});
