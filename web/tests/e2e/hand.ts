/** A person's hand: presses, types and chooses as one does, and adds up how long a person would have taken. The hand itself
 * takes no time, so what the clock shows meanwhile is what the app let it wait. */
import { expect, type Locator, type Page } from "@playwright/test";

// What people take who see a screen for the first time; nothing waits for it.
const LOOK_SECONDS = 4;
const PRESS_SECONDS = 1.5;
const LETTER_SECONDS = 0.35;
const SCANNER_KEY_SECONDS = 0.005;
const POPUP = ".ant-dropdown, .ant-select-dropdown, .ant-popover";
// The wave around a pressed button and its spinner move nothing else.
const MOVING = ["-enter-active", "-appear-active", "-enter-prepare", "-leave-active"].map((phase) => `[class*='${phase}']:not(.ant-wave, .ant-btn *)`).join();

export class Hand {
  /** Of reading, pressing and typing. */
  seconds = 0;
  presses = 0;

  /** `since`: when the work began, by `performance.now()`; without it, now. */
  constructor(
    readonly page: Page,
    private readonly since: number = performance.now(),
  ) {}

  /** What the app has taken up to now, from the first step on: to load, to answer, to send. */
  get appSeconds(): number {
    return (performance.now() - this.since) / 1_000;
  }

  get main(): Locator {
    return this.page.locator("main");
  }

  get isPhone(): boolean {
    return (this.page.viewportSize()?.width ?? 0) < 768;
  }

  async press(what: Locator): Promise<void> {
    // What is still on its way to its place, or sliding in, is pressed beside.
    await what.evaluate(inPlace, { popups: POPUP, moving: MOVING });
    await what.click();
    this.presses += 1;
    this.seconds += PRESS_SECONDS;
  }

  button(name: string | RegExp, within: Locator | Page = this.page): Promise<void> {
    return this.press(within.getByRole("button", { name }));
  }

  async write(field: Locator, text: string): Promise<void> {
    await this.press(field);
    await field.fill(text);
    this.seconds += text.length * LETTER_SECONDS;
  }

  /** The labelled field of the form that is open. */
  fill(label: string, text: string): Promise<void> {
    return this.write(this.main.getByLabel(label, { exact: false }).first(), text);
  }

  /** Types into a field that offers rows and takes the one with this name. */
  async choose(field: Locator, typed: string, name: string): Promise<void> {
    await this.press(field);
    await this.page.keyboard.type(typed);
    this.seconds += typed.length * LETTER_SECONDS;
    await this.press(this.page.locator(".ant-select-dropdown:visible").getByText(name, { exact: true }).first());
  }

  /** Until the screen with this title is there. */
  async arrives(title: string | RegExp): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    this.seconds += LOOK_SECONDS;
  }

  /** From anywhere: + and what it is. */
  async create(what: string): Promise<void> {
    if (this.isPhone) {
      await this.press(this.page.getByRole("navigation", { name: "主导航" }).getByRole("button", { name: "新建" }));
      await this.press(this.page.getByRole("dialog").getByRole("link", { name: what }));
    } else {
      await this.press(this.page.getByRole("banner").getByRole("button", { name: /新建/ }));
      await this.press(this.page.getByRole("menuitem", { name: what }));
    }
  }

  /** A place of the navigation. */
  async go(place: string): Promise<void> {
    if (this.isPhone) {
      await this.press(this.page.getByRole("navigation", { name: "主导航" }).getByRole("button", { name: "我的" }));
      await this.press(this.page.getByRole("dialog").getByRole("link", { name: place, exact: true }));
    } else {
      await this.press(this.page.getByRole("navigation", { name: "主导航" }).getByRole("link", { name: place, exact: true }));
    }
  }

  /** A scanner that types: its keys come 5 ms apart by their own clock, however busy the machine is that hears them. Nobody
   * scans before there is where to. */
  async scan(code: string): Promise<void> {
    await expect(this.main.getByRole("combobox", { name: /扫码，或输入编码/ })).toBeVisible();
    const session = await this.page.context().newCDPSession(this.page);
    const began = Date.now() / 1000;
    const strokes = [...code].map((key) => ({ key, text: key, code: keyNamed(key) })).concat({ key: "Enter", text: "\r", code: "Enter" });
    for (const [at, stroke] of strokes.entries()) {
      const timestamp = began + at * SCANNER_KEY_SECONDS;
      await session.send("Input.dispatchKeyEvent", { type: "keyDown", timestamp, ...stroke });
      await session.send("Input.dispatchKeyEvent", { type: "keyUp", timestamp, key: stroke.key, code: stroke.code });
    }
    await session.detach();
    this.seconds += PRESS_SECONDS * 2;
  }
}

/** Until the popup in which it stands is where it belongs, for it is measured outside of the window first, and nothing moves
 * any more. Frame by frame: asked from outside, this would be most of a story's time. */
async function inPlace(pressed: Element, { popups, moving }: { readonly popups: string; readonly moving: string }): Promise<void> {
  const latest = performance.now() + 20_000;
  const isOut = (box: DOMRect): boolean => box.right <= 0 || box.bottom <= 0 || box.left >= innerWidth || box.top >= innerHeight;
  let before = "";
  let still = 0;
  for (;;) {
    await new Promise(requestAnimationFrame);
    const popup = pressed.closest(popups);
    const now = JSON.stringify(popup?.getBoundingClientRect() ?? "");
    still = now === before ? still + 1 : 0; // a popup is measured, turned and moved before it stands
    before = now;
    const stands = popup === null || (still >= 3 && !isOut(popup.getBoundingClientRect()));
    if (stands && document.querySelector(moving) === null) return;
    if (performance.now() > latest) throw new Error(`still moves: ${document.querySelector(moving)?.className ?? popup?.className}`);
  }
}

function keyNamed(key: string): string {
  if (/\d/.test(key)) return `Digit${key}`;
  return key === "-" ? "Minus" : `Key${key.toUpperCase()}`;
}
