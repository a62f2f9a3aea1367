/** What every story has: the server of the run, browsers that are whole devices, and nothing that fails unseen. */
import { type BrowserContext, chromium, expect, type Page, test as bare } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumOptions } from "../support/chromium.ts";
import { Asked } from "../support/graphql.ts";
import { Line } from "../support/line.ts";
import { DEMO, YunfanServer } from "../support/yunfan_server.ts";

/** A browser with a profile of its own on a line of its own: closed and opened again it is the same device. */
export class DeviceProfile {
  private context: BrowserContext | null = null;
  /** What went wrong in its pages and was not shown to anybody. */
  readonly defects: string[] = [];

  constructor(
    readonly line: Line,
    readonly folder: string,
    private readonly options: Parameters<typeof chromium.launchPersistentContext>[1],
  ) {}

  get url(): string {
    return this.line.url;
  }

  async open(path = "/"): Promise<Page> {
    this.context ??= await this.launched();
    const blank = this.context.pages().find((page) => page.url() === "about:blank");
    const page = blank ?? (await this.context.newPage());
    await page.goto(this.url + path);
    return page;
  }

  async close(): Promise<void> {
    await this.context?.close();
    this.context = null;
  }

  async remove(): Promise<void> {
    await this.close();
    await this.line.cut();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async launched(): Promise<BrowserContext> {
    const context = await chromium.launchPersistentContext(this.folder, { ...chromiumOptions(), ...this.options });
    context.on("weberror", (error) => this.defects.push(String(error.error().stack ?? error.error())));
    return context;
  }
}

export interface Stage {
  readonly server: YunfanServer;
  /** Another device, as wide as the project says. */
  readonly newDevice: (options?: Parameters<typeof chromium.launchPersistentContext>[1]) => Promise<DeviceProfile>;
}

export const test = bare.extend<Stage>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads from the pattern what a fixture needs: nothing
  server: async ({}, use) => {
    const [port = "", ...folder] = (process.env["YUNFAN_E2E"] ?? "").split(" ");
    const server = YunfanServer.known(Number(port), folder.join(" "));
    // The story before may have ended in the middle of its outage.
    if (!(await server.answers())) await server.start();
    await use(server);
  },
  newDevice: async ({ server, viewport, hasTouch, isMobile, locale, timezoneId }, use) => {
    const devices: DeviceProfile[] = [];
    await use(async (options) => {
      const line = await Line.to(server.port);
      const look = { viewport, hasTouch: hasTouch ?? false, isMobile: isMobile ?? false, locale: locale ?? "zh-CN", timezoneId: timezoneId ?? "Asia/Shanghai", ...options };
      const device = new DeviceProfile(line, mkdtempSync(join(tmpdir(), "yunfan-device-")), look);
      devices.push(device);
      return device;
    });
    await Promise.all(devices.map((device) => device.remove()));
    if (await server.answers()) await clearUp(server.url);
    expect(devices.flatMap((device) => device.defects)).toEqual([]);
  },
});

interface Left {
  readonly devices: { readonly nodes: readonly { readonly id: string; readonly revokedAt: string | null }[] };
  readonly inbox: { readonly nodes: readonly { readonly id: string }[] };
}

const LEFT = '{ devices(first: 100) { nodes { id revokedAt } } inbox(first: 100, filter: {state: {eq: "open"}}) { nodes { id } } }';
const DISCARD = 'mutation($input: ResolveInboxEntryInput!) { resolveInboxEntry(input: $input) { id } }';
const REVOKE = "mutation($input: RevokeDeviceInput!) { revokeDevice(input: $input) { id } }";
let admin: Asked | null = null;

/** The demo company for the next story: a member may have twenty devices, and what one story has to decide shows on every screen
 * of the others. */
async function clearUp(url: string): Promise<void> {
  let left = await admin?.ask<Left>(LEFT).catch(() => null); // a story may have ended the sign-in
  if (admin === null || left === null || left === undefined) {
    admin = await Asked.as(url, DEMO.admin);
    left = await admin.ask<Left>(LEFT);
  }
  for (const { id } of left.inbox.nodes) await admin.ask(DISCARD, { input: { id, action: "discard" } });
  for (const { id, revokedAt } of left.devices.nodes) if (revokedAt === null) await admin.ask(REVOKE, { input: { id } });
}

export { expect };

/** Until the device has sent everything and says so. */
export async function synced(page: Page): Promise<void> {
  await expect(page.locator("[data-sync-phase=ready][data-sync-pending='0'][data-sync-online=true]").first()).toHaveText("已同步", { timeout: 40_000 });
}

/** Until the app itself is on the device: what is not open yet can be opened without a network from then on. */
export async function kept(page: Page): Promise<void> {
  await expect(page.locator("[data-app-kept=true]").first()).toBeAttached({ timeout: 60_000 });
}

export async function offline(page: Page): Promise<void> {
  await expect(page.locator("[data-sync-online=false]").first()).toBeAttached({ timeout: 20_000 });
}
