/** Measures how the grid scrolls: 10,000 × 15 cells, as built for people, in headless Chromium.
 *
 * By hand: `node tests/grid/frames.ts`. In code: `measureGridFrames()`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Page } from "@playwright/test";
import react from "@vitejs/plugin-react";
import { build, preview } from "vite";
import { chromiumOptions } from "../support/chromium.ts";

const WEB = resolve(import.meta.dirname, "../..");
const SCROLLED_MS = 4_000;

/** `frames`: a second. Times in milliseconds; `mountMs` from the navigation to the first rows. */
export interface GridFrames {
  readonly mountMs: number;
  readonly down: Scrolling;
  readonly across: Scrolling;
}

export interface Scrolling {
  readonly frames: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export async function measureGridFrames(): Promise<GridFrames> {
  const built = await serveFramesPage();
  try {
    const browser = await chromium.launch(chromiumOptions());
    try {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(built.url);
      await page.getByRole("gridcell").first().waitFor();
      const mountMs = await page.evaluate(() => performance.now());
      return { mountMs, down: await scroll(page, 0, 60), across: await scroll(page, 12, 40) };
    } finally {
      await browser.close();
    }
  } finally {
    await built.close();
  }
}

/** The page with the grid, built as for people; `close` removes it. */
export async function serveFramesPage(): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const outDir = mkdtempSync(join(tmpdir(), "yunfan-grid-"));
  const config = { configFile: false as const, root: join(WEB, "tests/grid/frames_page"), logLevel: "error" as const, plugins: [react()], resolve: { alias: { "~": join(WEB, "src") } } };
  await build({ ...config, build: { outDir, emptyOutDir: true, target: "es2022" } });
  const server = await preview({ ...config, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("the page with the grid was not served");
  return {
    url,
    close: async () => {
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

/** Scrolls a step with every frame, there and back, and takes the time of each. */
async function scroll(page: Page, right: number, down: number): Promise<Scrolling> {
  const times = await page.evaluate(
    ({ right, down, lasts }) =>
      new Promise<number[]>((done) => {
        const view = document.querySelector('[role="grid"]')?.parentElement?.parentElement;
        if (view === null || view === undefined) throw new Error("no grid");
        const taken: number[] = [];
        const begun = performance.now();
        let before = begun;
        let way = 1;
        const step = (now: number): void => {
          taken.push(now - before);
          before = now;
          const farRight = view.scrollLeft + view.clientWidth >= view.scrollWidth - 1;
          if (right > 0 && (way > 0 ? farRight : view.scrollLeft <= 0)) way = -way;
          view.scrollBy(right * way, down);
          if (now - begun < lasts) requestAnimationFrame(step);
          else done(taken.slice(2));
        };
        requestAnimationFrame(step);
      }),
    { right, down, lasts: SCROLLED_MS },
  );
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
  return { frames: Math.round((times.length / times.reduce((sum, time) => sum + time, 0)) * 10_000) / 10, medianMs: at(0.5), p95Ms: at(0.95) };
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measureGridFrames(), null, 2));
