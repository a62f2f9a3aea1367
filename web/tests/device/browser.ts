/** Chromium with a profile of its own, which outlives it. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumOptions } from "../support/chromium";

export class Profile {
  #context: BrowserContext | null = null;

  private constructor(readonly folder: string) {}

  static async make(): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), "yunfan-profile-")));
  }

  async context(): Promise<BrowserContext> {
    this.#context ??= await chromium.launchPersistentContext(this.folder, chromiumOptions());
    return this.#context;
  }

  /** A tab at `url`. What goes wrong in it is printed. */
  async tab(url: string, before: (page: Page) => Promise<void> = async () => undefined): Promise<Page> {
    const page = await (await this.context()).newPage();
    page.on("pageerror", (wrong) => console.error(`page: ${wrong.message}`));
    page.on("console", (said) => said.type() === "error" && !said.text().startsWith("Failed to load resource") && console.error(`page: ${said.text()}`));
    await before(page);
    await page.goto(url);
    return page;
  }

  async closeBrowser(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
  }

  /** The whole browser at once, as a power cut would end it (the disk apart). */
  async kill(): Promise<void> {
    const found = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n").filter((line) => line.includes(`--user-data-dir=${this.folder}`));
    for (const line of found) process.kill(Number(line.trim().split(" ")[0]), "SIGKILL");
    const context = this.#context;
    this.#context = null;
    await context?.close().catch(() => undefined); // it is gone
    await rm(join(this.folder, "SingletonLock"), { force: true });
  }

  async remove(): Promise<void> {
    await this.closeBrowser();
    await rm(this.folder, { recursive: true, force: true });
  }
}
