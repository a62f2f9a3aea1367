/** The test page, built like the app and served beside a Yunfan that may be stopped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build, preview, type PreviewServer } from "vite";
import { SERVER_PATHS } from "../../src/sw/server_paths";

const WEB = resolve(import.meta.dirname, "../..");

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** `page`: of the folder page/. `backend`: of the server whose paths are handed on. */
export async function servePage(page: string, backend?: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "yunfan-page-"));
  const shared = {
    configFile: false as const,
    root: join(WEB, "tests/device/page"),
    logLevel: "error" as const,
    publicDir: false as const,
    resolve: { alias: { "~": join(WEB, "src") } },
    worker: { format: "es" as const },
  };
  await build({ ...shared, build: { outDir: folder, emptyOutDir: true, target: "es2022", minify: false, rolldownOptions: { input: join(WEB, `tests/device/page/${page}.html`) } } });
  const proxy = backend === undefined ? {} : Object.fromEntries(SERVER_PATHS.map((path) => [path, { target: backend, ws: true }]));
  const server: PreviewServer = await preview({ ...shared, build: { outDir: folder }, preview: { host: "127.0.0.1", port: 0, proxy } });
  const address = server.httpServer.address();
  if (typeof address !== "object" || address === null) throw new Error("the page is not served");
  return {
    url: `http://127.0.0.1:${address.port}/${page}.html`,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
