// Tests against the real server, which this run starts and ends: `npm run test:server`. YUNFAN_URL names one that runs,
// with the variables of tests/support/server_variables.json. YUNFAN_SOAK=1: the long forms.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    provide: { soak: process.env["YUNFAN_SOAK"] === "1" },
    include: ["tests/**/*.real.ts"],
    globalSetup: ["tests/support/server_setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
