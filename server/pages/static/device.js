// A browser by the name a person would give it: “Chrome · Windows”.

const BROWSERS = [
  [/MicroMessenger\//, "微信 WeChat"],
  [/DingTalk\//i, "钉钉 DingTalk"],
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/(OPR|Opera)\//, "Opera"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|Chromium|CriOS|HeadlessChrome)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** What a browser calls itself, shortened; any other name as it is. A name that was cut off tells the system alone. */
export function readable(name) {
  if (!name.startsWith("Mozilla/")) return name;
  const known = (list) => list.find(([mark]) => mark.test(name))?.[1];
  return [known(BROWSERS), known(SYSTEMS)].filter(Boolean).join(" · ") || name;
}

export const deviceName = readable(navigator.userAgent).slice(0, 80);
