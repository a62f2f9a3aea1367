/** Vite plugin: tells the app what it is, `0.1.0+3f9a2c1d`: the version of package.json and which sources it was built of.
 * Devices say it to the server, so that a company sees which of them still run an old one. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

/** What a build depends on; as in infra/web_build.py. */
const FOLDERS = ["src", "public", "scripts"];
const FILES = ["index.html", "package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts"];

/** `root`: of web/. The app reads it as `import.meta.env.APP_VERSION`. */
export function appVersion(root: string): Plugin {
  return {
    name: "yunfan-app-version",
    apply: "build",
    config: async () => ({ define: { "import.meta.env.APP_VERSION": JSON.stringify(await versionOf(root)) } }),
  };
}

/** Raises where a source is missing. */
export async function versionOf(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const digest = createHash("sha256");
  for (const name of [...FILES, ...(await sources(root))]) digest.update(`${name}\0`).update(await readFile(join(root, name)));
  return `${version}+${digest.digest("hex").slice(0, 8)}`;
}

async function sources(root: string): Promise<string[]> {
  const found = await Promise.all(FOLDERS.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })));
  const files = found.flat().filter((entry) => entry.isFile());
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")).sort();
}
