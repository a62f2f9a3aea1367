/** Draws the icons that installed apps need out of public/icons/icon.svg: `node scripts/draw_icons.ts`. */
import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "@playwright/test";

const FOLDER = new URL("../public/icons/", import.meta.url);
/** `fill`: how much of the square the drawing takes. Maskable icons are cut to a circle of 80 %, so theirs has a rim. */
const ICONS = [
  { name: "icon-192.png", size: 192, maskable: false },
  { name: "icon-512.png", size: 512, maskable: false },
  { name: "maskable-192.png", size: 192, maskable: true },
  { name: "maskable-512.png", size: 512, maskable: true },
  { name: "apple-touch-icon.png", size: 180, maskable: true },
];
const BACKGROUND = "#0f6885";

const svg = (await readFile(new URL("icon.svg", FOLDER), "utf8")).replace("<svg ", '<svg width="100%" height="100%" ');
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
for (const { name, size, maskable } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const side = maskable ? "76%" : "100%";
  await page.setContent(
    `<style>*{margin:0}body{width:100vw;height:100vh;display:grid;place-items:center;background:${maskable ? BACKGROUND : "transparent"}}div{width:${side};height:${side}}</style><div>${svg}</div>`,
  );
  await writeFile(new URL(name, FOLDER), await page.screenshot({ omitBackground: !maskable }));
  await page.close();
}
await browser.close();
