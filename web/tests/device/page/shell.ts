/** An app of a few files, each version under its own name: what the service worker keeps and replaces. */
import { type AppUpdates, watchUpdates } from "~/sw/updates";

declare const __TEST_VERSION__: string;
declare global {
  interface Window {
    updates: AppUpdates;
    lazily(): Promise<string>;
  }
}

window.updates = watchUpdates();
window.lazily = async () => (await import("./shell_later")).LATER;
document.title = __TEST_VERSION__;
