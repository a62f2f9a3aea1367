import { expect, test } from "vitest";

/** `BENCH=1 npx vitest run --config vitest.browser.config.ts`: figures on the console, in milliseconds. */
test("a replica of many customers", async () => {
  const worker = new Worker(new URL("./bench_worker.ts", import.meta.url), { type: "module" });
  const wrong = await new Promise<string | null>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<{ name?: string; value?: number | string; wrong?: string | null }>) => {
      if (data.name !== undefined) console.log(`${data.name}: ${data.value}`);
      else resolve(data.wrong ?? null);
    };
    worker.postMessage({ rows: Number(import.meta.env["VITE_BENCH_ROWS"] ?? 100_000) });
  });
  expect(wrong).toBeNull();
}, 280_000);
