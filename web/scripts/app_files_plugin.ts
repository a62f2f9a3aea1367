/** Vite plugin: builds the service worker beside the app and writes the list of the app's files into it. */
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { build, type Plugin, type ResolvedConfig } from "vite";

/** Chunks that sqlite-wasm brings and this app never loads. */
const NOT_LOADED = /(sqlite3-worker1|sqlite3-opfs-async-proxy|opfs-async-proxy)/;
const NOT_KEPT = [/\.(map|br|gz)$/, /^sw(-off)?\.js$/, /^robots\.txt$/, NOT_LOADED];
const ENTRY = "src/sw/service_worker.ts";

/** `root`: of web/, where the worker's source lies; the app may be built from elsewhere (tests do). */
export function appFiles(root: string): Plugin {
  let config: ResolvedConfig | null = null;
  return {
    name: "yunfan-app-files",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      if (config === null) throw new Error("closed before it was configured");
      const folder = resolve(config.root, config.build.outDir);
      const files = await hashed(folder);
      const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
      await buildWorker(root, folder, files, version);
      config.logger.info(`sw.js keeps ${files.length} files, version ${version}`);
    },
  };
}

async function hashed(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  const kept = names.filter((name) => !NOT_KEPT.some((pattern) => pattern.test(name))).sort();
  return Promise.all(
    kept.map(async (name): Promise<[string, string]> => [`/${name}`, createHash("sha256").update(await readFile(join(folder, name))).digest("base64")]),
  );
}

async function buildWorker(root: string, folder: string, files: [string, string][], version: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    publicDir: false,
    define: { __APP_FILES__: JSON.stringify(files), __APP_VERSION__: JSON.stringify(version) },
    build: {
      target: "es2022",
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: resolve(root, ENTRY),
        output: { format: "iife", entryFileNames: "sw.js" },
      },
    },
  });
}
