/** A server of its own for one run, with a quota that a test can reach. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { YunfanServer } from "../support/yunfan_server.ts";
import { MUTATIONS_AT_ONCE } from "./quota.ts";

declare module "vitest" {
  export interface ProvidedContext {
    serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env["YUNFAN_TEST_SERVER"];
  if (running !== undefined) {
    project.provide("serverUrl", running);
    return () => Promise.resolve();
  }
  const quotas = `mutations.device=8/${MUTATIONS_AT_ONCE}`;
  const app = mkdtempSync(join(tmpdir(), "yunfan-no-app-")); // building the app would take longer than all tests
  writeFileSync(join(app, "index.html"), "<!doctype html>");
  const server = await YunfanServer.start({ YUNFAN_LOG_LEVEL: "WARNING", YUNFAN_SYNC_QUOTAS: quotas, YUNFAN_WEB: app });
  project.provide("serverUrl", server.url);
  return async () => {
    await server.remove();
    rmSync(app, { recursive: true, force: true });
  };
}
