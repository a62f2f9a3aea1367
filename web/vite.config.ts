import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { appFiles } from "./scripts/app_files_plugin.ts";
import { appVersion } from "./scripts/app_version_plugin.ts";
import { compressed } from "./scripts/compressed.ts";
import { firstPicture } from "./scripts/first_picture_plugin.ts";
import { quietIcons } from "./scripts/quiet_icons.ts";
import { nonceForAllStyles } from "./scripts/style_nonce_plugin.ts";
import { stylesByObject } from "./scripts/styles_by_object.ts";
import { SERVER_PATHS } from "./src/sw/server_paths.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
// For development: `YUNFAN_PROXY=http://127.0.0.1:8000 npx vite`, a server that runs beside.
const server = process.env["YUNFAN_PROXY"];
const proxied = server === undefined ? {} : Object.fromEntries(SERVER_PATHS.map((path) => [path, { target: server, ws: path === "/sync" || path === "/graphql" }]));

/** What is always needed together is one file each: a start from what the service worker keeps asks for every file by itself.
 * Each takes what it imports along, save what a former one took. */
const CHUNKS = [
  { name: "entrance", test: /src\/main\.tsx$/, priority: 3 },
  { name: "frame", test: /src\/app\/signed_in\.tsx$/, priority: 2 },
  { name: "list", test: /src\/screens\/list\/screen\.tsx$/, priority: 1 },
];

export default defineConfig({
  server: { proxy: proxied },
  plugins: [react(), firstPicture(), quietIcons(), stylesByObject(), nonceForAllStyles(), appVersion(root), appFiles(root), compressed()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  // Its own loader finds the .wasm beside itself; pre-bundling would move it away.
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } } },
});
