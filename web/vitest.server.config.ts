// Tests against the real server, which this run starts and ends: `npm run test:server`. YUNFAN_TEST_SERVER names one that runs.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["tests/**/*.real.ts"],
    globalSetup: ["tests/sync/server_setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    fileParallelism: false,
  },
});
