/** What the browser tests drive: the accounts of the device, as pages have them. */
import { openAccounts } from "~/device/accounts";
import type { Accounts } from "~/device/accounts_api";

declare global {
  interface Window {
    openAccounts(): Promise<Accounts>;
  }
}

window.openAccounts = () => openAccounts({ language: () => "en" });
