// Tabs, accounts and the kept app in a real Chromium, with the real server, which this run starts and ends: `npm run
// test:device`. YUNFAN_URL names a server that runs. The long ones (`*.soak.spec.ts`) run with YUNFAN_SOAK=1.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["tests/device/**/*.spec.ts"],
    exclude: process.env["YUNFAN_SOAK"] === "1" ? [] : ["**/*.soak.spec.ts"],
    globalSetup: ["tests/device/server_setup.ts"],
    fileParallelism: false,
  },
});
