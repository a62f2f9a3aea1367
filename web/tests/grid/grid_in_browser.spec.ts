/** The grid in a real Chromium: keys, clipboard, input methods, pointer. */
import { chromium, type Browser, type Page } from "@playwright/test";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { chromiumOptions } from "../support/chromium.ts";
import { serveFramesPage } from "./frames.ts";

let browser: Browser;
let page: Page;
let served: Awaited<ReturnType<typeof serveFramesPage>>;

beforeAll(async () => {
  [served, browser] = await Promise.all([serveFramesPage(), chromium.launch(chromiumOptions())]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await served.close();
});
beforeEach(async () => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  await page.goto(served.url);
  await cell(0, 0).waitFor();
  return () => context.close();
});

/** Without the heading: row 0 is the first line. */
const cell = (row: number, column: number) => page.locator(`[role="row"][aria-rowindex="${row + 2}"] [aria-colindex="${column + 2}"]`);
const keys = async (...pressed: string[]) => {
  for (const key of pressed) await page.keyboard.press(key);
};

test("no letter is committed while an input method composes, and Enter then is the method's", async () => {
  await cell(0, 1).click();
  const input = await page.context().newCDPSession(page);
  await input.send("Input.imeSetComposition", { text: "luo", selectionStart: 3, selectionEnd: 3 });
  await input.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", windowsVirtualKeyCode: 229 });
  await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe("luo");
  expect(await cell(0, 1).textContent()).toBe("商品 0-1");
  await input.send("Input.insertText", { text: "螺丝" });
  await keys("Enter");
  await expect.poll(() => cell(0, 1).textContent()).toBe("螺丝");
});

test("Escape leaves a cell as it was; after it Tab leaves the grid", async () => {
  await cell(1, 2).click();
  await page.keyboard.type("777");
  await keys("Escape");
  expect(await cell(1, 2).textContent()).toBe("45");
  await keys("Escape", "Tab");
  expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("INPUT");
});

test("typing replaces, F2 adds, Enter goes on to the next cell, Ctrl+Z takes it back", async () => {
  await cell(0, 2).click();
  await page.keyboard.type("５００");
  await keys("Enter");
  await page.keyboard.type("6");
  await keys("Tab");
  await expect.poll(() => cell(0, 2).textContent()).toBe("500");
  await expect.poll(() => cell(0, 3).textContent()).toBe("6");
  await keys("ArrowLeft", "F2");
  await page.keyboard.type("1");
  await keys("Enter");
  await expect.poll(() => cell(0, 3).textContent()).toBe("61");
  await keys("Control+z", "Control+z", "Control+z");
  await expect.poll(() => cell(0, 2).textContent()).toBe("14");
  await keys("Control+y");
  await expect.poll(() => cell(0, 2).textContent()).toBe("500");
});

test("a block is pasted, a wrong cell is marked, and cells are copied", async () => {
  await cell(2, 2).click();
  await page.evaluate(() => navigator.clipboard.writeText('1,234\t"2"\r\nviele\t4\r\n'));
  await keys("Control+v");
  await expect.poll(() => cell(2, 2).textContent()).toBe("1234");
  expect(await cell(3, 2).getAttribute("aria-invalid")).toBe("true");
  expect(await cell(3, 2).textContent()).toBe("viele");
  expect(await cell(3, 3).textContent()).toBe("4");
  await keys("Control+c");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("1234\t2\r\n107\t4");
});

test("an offer is taken by Enter, and only then", async () => {
  await cell(4, 0).click();
  await page.keyboard.type("ls");
  await page.getByRole("option").first().waitFor();
  await keys("ArrowDown", "Enter");
  await expect.poll(() => cell(4, 0).textContent()).toBe("螺母");
  expect(await page.getByRole("option").count()).toBe(0);
});

test("what is being typed is kept when another cell is pressed", async () => {
  await cell(0, 4).click();
  await page.keyboard.type("88");
  await cell(5, 5).click();
  await expect.poll(() => cell(0, 4).textContent()).toBe("88");
});

test("the handle fills down, the range follows the pointer, and the end of the sheet is a key away", async () => {
  await cell(0, 3).click();
  const handle = await page.getByTitle("Drag down to fill").boundingBox();
  if (handle === null) throw new Error("no handle");
  await page.mouse.move(handle.x + 4, handle.y + 4);
  await page.mouse.down();
  await page.mouse.move(handle.x + 4, handle.y + 4 + 64, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => cell(2, 3).textContent()).toBe("21");
  expect(await cell(2, 3).getAttribute("aria-selected")).toBe("true");
  expect(await cell(3, 3).textContent()).toBe("114");
  await keys("Control+End");
  await expect.poll(() => cell(9_999, 14).isVisible()).toBe(true);
  await keys("Control+Home");
  await expect.poll(() => cell(0, 0).isVisible()).toBe(true);
});
