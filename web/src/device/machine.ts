/** What this device is called in the company's list of devices, and what it is. */

export interface Machine {
  readonly name: string;
  readonly platform: string;
}

const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/MicroMessenger\/(\d+)/, "微信 WeChat"],
  [/Edg(?:A|iOS)?\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/Version\/(\d+).*Safari/, "Safari"],
];
const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** The systems whose version the user agent may say. What browsers say there in place of the truth, the same of every device, is left out. */
const VERSIONS: readonly (readonly [pattern: RegExp, frozen: RegExp | null])[] = [
  [/(?:iPhone|CPU) OS (\d+(?:_\d+)*)/, /OS 18_6.* Version\/(?:2[6-9]|[3-9]\d)/],
  [/(?:HarmonyOS|OpenHarmony) (\d+(?:\.\d+)*)/, null],
  // HarmonyOS calls itself some Android too.
  [/Android (\d+(?:\.\d+)*)/, /Android 10; K\)|HarmonyOS/],
  [/Windows NT (\d+\.\d+)/, /Windows NT 10\.0/],
  [/Mac OS X (\d+(?:[._]\d+)*)/, /Mac OS X 10[._]15/],
];
const WINDOWS: Readonly<Record<string, string>> = { "6.1": "7", "6.2": "8", "6.3": "8.1" };

/** What Chromium says in place of a user agent that says the same of every device. */
interface SystemHints {
  readonly platform: string;
  getHighEntropyValues(names: readonly string[]): Promise<{ readonly platformVersion?: string }>;
}

/** The system's version as people call it (`11`, `17.5`), by the user agent; null where it does not say. */
export function systemVersionOf(userAgent: string): string | null {
  for (const [pattern, frozen] of VERSIONS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version === undefined) continue;
    if (frozen?.test(userAgent) === true) return null;
    return WINDOWS[version] ?? version.replaceAll("_", ".");
  }
  return null;
}

/** By the browser's hints where it has them, else by its user agent. Chromium's own Linux says a kernel's version, or nothing. */
export async function systemVersion(browser: { readonly userAgent: string; readonly userAgentData?: SystemHints }): Promise<string | null> {
  const said = systemVersionOf(browser.userAgent);
  const hints = browser.userAgentData;
  if (said !== null || hints === undefined) return said;
  const { platformVersion = "" } = await hints.getHighEntropyValues(["platformVersion"]);
  const version = platformVersion.replace(/(\.0)+$/, "");
  if (!/^\d+(\.\d+)*$/.test(version) || version === "0") return null;
  // Windows counts its releases there: 1 to 10 are those of Windows 10, 13 and more are Windows 11.
  return hints.platform !== "Windows" ? version : Number.parseInt(version, 10) >= 13 ? "11" : "10";
}

/** By the browser's own words; it may say anything, so it is shown to people and decides nothing. */
export function machineOf(userAgent: string): Machine {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "Web";
  for (const [pattern, browser] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return { name: `${browser} ${version}, ${system}`, platform: `web ${system}` };
  }
  return { name: system, platform: `web ${system}` };
}
