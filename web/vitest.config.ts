// What needs neither a browser nor a server, in Node: `npm test`. YUNFAN_SOAK=1: more seeds.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 20_000,
  },
});
