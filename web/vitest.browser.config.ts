import { playwright } from "@vitest/browser-playwright";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The same tests in a real Chromium, with files in its private file system where a worker can have them.
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
  server: { fs: { allow: [".."] } },
  test: {
    include: process.env["BENCH"] ? ["tests/bench/**/*.bench.ts"] : ["tests/vectors/**/*.test.ts", "tests/replica/**/*.test.ts"],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: flags } }),
      instances: [{ browser: "chromium" }],
    },
  },
});
