import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compressed } from "./scripts/compressed.ts";

// For development: `YUNFAN_PROXY=http://127.0.0.1:8000 npx vite`, a server that runs beside.
const server = process.env["YUNFAN_PROXY"];
const proxied = server === undefined ? {} : Object.fromEntries(["/graphql", "/sync", "/pages"].map((path) => [path, { target: server, ws: path === "/sync" }]));

export default defineConfig({
  server: { proxy: proxied },
  plugins: [react(), compressed()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  // Its own loader finds the .wasm beside itself; pre-bundling would move it away.
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
