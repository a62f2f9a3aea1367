/** Pages of the accounts' test page: signing in, opening, with a real server behind. */
import type { Page } from "playwright-core";
import { inject } from "vitest";
import type { Accounts } from "../../src/device/accounts_api";
import type { TabDevice } from "../../src/device/tab_device";
import type { SignIn } from "../support/yunfan_server";
import { Profile } from "./browser";
import type {} from "./page/accounts";
import { type Served, servePage } from "./served_page";

declare global {
  interface Window {
    accounts: Accounts;
    device: TabDevice;
  }
}

/** The server of the run (`support/server_setup.ts`) and the page beside it. */
export class World {
  private constructor(
    readonly served: Served,
    readonly backend: string,
  ) {}

  static async make(): Promise<World> {
    const backend = inject("serverUrl");
    return new World(await servePage("accounts", backend), backend);
  }

  remove(): Promise<void> {
    return this.served.close();
  }

  /** Whether the server is to be reached. */
  connect(connected: boolean): void {
    this.served.backend = connected ? this.backend : null;
  }

  async page(profile: Profile, before?: (page: Page) => Promise<void>): Promise<Page> {
    const opened = await profile.tab(this.served.url, before);
    await opened.evaluate(async () => {
      window.accounts = await window.openAccounts();
    });
    return opened;
  }
}

/** Signs in and waits for the first rows. */
export async function signIn(tab: Page, { identifier, password }: SignIn): Promise<string> {
  return tab.evaluate(
    async (input) => {
      const { signIn: answer } = await window.accounts.askAnonymously<{ signIn: { token: string } }>("SignIn", { input });
      window.device = (await window.accounts.signedIn({ token: answer.token })) as TabDevice;
      while (window.device.status().phase !== "ready") await new Promise((after) => setTimeout(after, 30));
      const { tenantId, memberId } = window.device.me;
      return `${tenantId}.${memberId}`;
    },
    { identifier, password },
  );
}

/** What opening an account comes to: OPEN, or the refusal's code. */
export const codeOf = (tab: Page, key: string, pin?: string): Promise<string> =>
  tab.evaluate(
    async ([account, given]) => {
      try {
        window.device = (await window.accounts.open(account as string, given === undefined ? {} : { pin: given })) as TabDevice;
        return "OPEN";
      } catch (wrong) {
        return (wrong as { code?: string }).code ?? String(wrong);
      }
    },
    [key, pin],
  );

export const customers = (tab: Page, text?: string): Promise<number> =>
  tab.evaluate(
    async (typed) => (await window.device.list({ collection: "customers", limit: 1, ...(typed === undefined ? {} : { text: typed }) })).total,
    text,
  );
