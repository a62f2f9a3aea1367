/** One server for all files of a run. Each signs companies of its own up, or uses the demo company's people. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import variables from "./server_variables.json" with { type: "json" };
import { YunfanServer } from "./yunfan_server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env["YUNFAN_URL"];
  if (running !== undefined) {
    project.provide("serverUrl", running);
    return () => Promise.resolve();
  }
  const app = mkdtempSync(join(tmpdir(), "yunfan-no-app-")); // these tests bring their own pages: the app is not built
  writeFileSync(join(app, "index.html"), "<!doctype html>");
  const server = await YunfanServer.start({ ...variables, YUNFAN_WEB: app });
  project.provide("serverUrl", server.url);
  return async () => {
    await server.remove();
    rmSync(app, { recursive: true, force: true });
  };
}
