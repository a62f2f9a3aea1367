// Tabs, accounts, the kept app and the grid in a real Chromium, with the real server, which this run starts and ends:
// `npm run test:device`. YUNFAN_URL names one that runs. The long ones (`*.soak.spec.ts`) run with YUNFAN_SOAK=1.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const long = process.env["YUNFAN_SOAK"] === "1";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: long ? ["tests/device/**/*.soak.spec.ts"] : ["tests/device/**/*.spec.ts", "tests/grid/**/*.spec.ts"],
    exclude: long ? [] : ["**/*.soak.spec.ts"],
    globalSetup: ["tests/support/server_setup.ts"],
    maxWorkers: 2, // they wait for browsers and for pauses much of the time; more of them would make each other late
  },
});
