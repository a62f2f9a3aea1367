/** The machine's Chromium, with the switches that a machine without a screen or an outside network needs. */
import { existsSync } from "node:fs";

export const CHROMIUM_SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A machine without a camera and a microphone: the browser's own, which hum and beep, for whoever is granted them.
  "--use-fake-device-for-media-stream",
];

/** For Playwright's `launch` and `launchPersistentContext`. */
export function chromiumOptions(): { executablePath: string; args: string[]; headless: boolean } {
  const named = process.env["YUNFAN_CHROMIUM"];
  const path = named || ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (path === undefined) throw new Error("no Chromium found: run `make browser`, or set YUNFAN_CHROMIUM");
  return { executablePath: path, args: CHROMIUM_SWITCHES, headless: true };
}
