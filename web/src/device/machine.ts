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

/** By the browser's own words; it may say anything, so it is shown to people and decides nothing. */
export function machineOf(userAgent: string): Machine {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "Web";
  for (const [pattern, browser] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return { name: `${browser} ${version}, ${system}`, platform: `web ${system}` };
  }
  return { name: system, platform: `web ${system}` };
}
