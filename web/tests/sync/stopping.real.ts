/** What the indicator says while the server really stops, dies and comes back. A server of its own: others need theirs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { SOAK } from "../support/soak";
import { YunfanServer } from "../support/yunfan_server";
import { type Company, signUp } from "./company";
import { closeAll, device, type TestDevice, until } from "./devices";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 200_000 });

let server: YunfanServer;
let company: Company;
let app: string;

beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), "yunfan-no-app-"));
  writeFileSync(join(app, "index.html"), "<!doctype html>");
  server = await YunfanServer.start({ YUNFAN_LOG_LEVEL: "WARNING", YUNFAN_WEB: app });
  company = await signUp(server.url);
});
afterEach(closeAll);
afterAll(async () => {
  await server?.remove();
  rmSync(app, { recursive: true, force: true });
});

const says = (one: TestDevice, online: boolean): Promise<number> => until(async () => (await one.sync.status()).online === online, 30_000);

function watched(socket: WebSocket, closed: () => void): WebSocket {
  socket.addEventListener("close", closed);
  return socket;
}

// The short form kills it, as a power cut would. How it ends in good order the stories with two devices go through too.
test.each(SOAK ? (["stop", "kill"] as const) : (["kill"] as const))("after a %s it says offline within two seconds, and online within five of the return", async (how) => {
  const closed = Promise.withResolvers<void>();
  const one = await device(company, { openSocket: (url) => watched(new WebSocket(url), closed.resolve) });
  await one.sync.start();
  await until(() => one.sync.onAir);
  const flickers: boolean[] = [];
  let gone = false;
  one.sync.onStatus(({ online }) => gone && online && flickers.push(online));
  const ended = server[how]();
  // What it leaves may answer for a moment; and how long a busy machine takes until it ends a socket is not the client's.
  await Promise.all([closed.promise, until(() => fetch(`${server.url}/health/live`).then(() => false, () => true), 40_000)]);
  const offline = await says(one, false);
  gone = true;
  const name = `断网时新建 ${how}`;
  const id = await one.mutate("party.create_customer", { name });
  await new Promise((resolve) => setTimeout(resolve, 6_000)); // the pauses have grown to their longest
  expect(flickers).toEqual([]);
  expect((await one.sync.status()).pending).toBe(1);
  expect((await one.sync.status()).trouble).toBeNull();
  await ended;
  await server.start();
  gone = false;
  const online = await says(one, true);
  await until(async () => (await one.sync.status()).pending === 0);
  console.info(`${how}: offline after ${Math.round(offline)} ms, online ${Math.round(online)} ms after the server was ready`);
  expect(offline).toBeLessThan(2_000);
  expect(online).toBeLessThan(5_000);
  expect((await one.customer(id))?.["name"]).toBe(name);
});
