// What needs neither a browser nor a server, in Node: `npm test`. YUNFAN_SOAK=1: more seeds.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    provide: { soak: process.env["YUNFAN_SOAK"] === "1" },
    include: ["tests/**/*.test.ts"],
    testTimeout: 20_000,
  },
});
