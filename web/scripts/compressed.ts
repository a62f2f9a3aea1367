/** Leaves a compressed form beside each built file: the server sends it as it lies there. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_BYTES = 1_024;
const KINDS = /\.(js|css|html|svg|json|wasm|webmanifest|txt|bin)$/;

export function compressed(): Plugin {
  let folder = "dist";
  return {
    name: "yunfan-compressed",
    apply: "build",
    enforce: "post",
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    // After the service worker was built beside the app.
    closeBundle: { order: "post", sequential: true, handler: () => compressAll(folder) },
  };
}

function compressAll(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!KINDS.test(name)) continue;
    const path = join(folder, name);
    const content = readFileSync(path);
    if (content.length < WORTH_BYTES) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    keepSmaller(`${path}.br`, content, brotliCompressSync(content, { params }));
    keepSmaller(`${path}.gz`, content, gzipSync(content, { level: 9 }));
  }
}

function keepSmaller(path: string, content: Uint8Array, packed: Uint8Array): void {
  if (packed.length < content.length) writeFileSync(path, packed);
}
