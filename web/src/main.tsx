import { createRoot } from "react-dom/client";
import { App } from "~/app/app";
import type { Accounts } from "~/device/accounts_api";
import { watchUpdates } from "~/sw/updates";
import type { Language } from "~/values/words";
import "~/app/document.css";

type Device = { readonly openAccounts: (options: { readonly language: () => Language }) => Promise<Accounts> };
const parts = import.meta.glob<Device>("./device/accounts.ts");

async function openAccounts(options: { readonly language: () => Language }): Promise<Accounts> {
  const load = parts["./device/accounts.ts"];
  if (load === undefined) throw new Error("the device's accounts are not part of this build");
  return (await load()).openAccounts(options);
}

createRoot(document.getElementById("root")!).render(<App openAccounts={openAccounts} updates={watchUpdates()} />);
