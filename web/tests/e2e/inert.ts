/** Notices whatever runs, is refused by the content policy, or became an element that nobody of us made. */
import { expect, type BrowserContext, type Page } from "@playwright/test";

export interface Trap {
  /** What was caught, with where it was. */
  readonly caught: string[];
}

export async function setTrap(context: BrowserContext): Promise<Trap> {
  const trap: Trap = { caught: [] };
  await context.exposeFunction("yunfanCaught", (what: string) => void trap.caught.push(what));
  await context.addInitScript(() => {
    const told = (what: string): void => void (window as unknown as { yunfanCaught(text: string): void }).yunfanCaught(`${location.pathname}: ${what}`);
    Object.assign(window, { yunfanTrap: () => told("it ran") });
    for (const name of ["alert", "confirm", "prompt", "print"] as const) Object.assign(window, { [name]: () => told(name) });
    document.addEventListener("securitypolicyviolation", (event) => told(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
  });
  context.on("request", (request) => {
    if (request.url().includes("harm.example")) trap.caught.push(`asked for ${request.url()}`);
  });
  context.on("dialog", (dialog) => {
    trap.caught.push(`a dialogue: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return trap;
}

/** Nothing ran, nothing tried to, and no element of the payloads stands in the page. */
export async function expectInert(page: Page, trap: Trap, where: string): Promise<void> {
  const found = await page.evaluate(() => {
    const strange: string[] = [];
    for (const element of document.querySelectorAll("*")) {
      if (element.hasAttribute("data-harm")) strange.push(element.outerHTML.slice(0, 120));
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on")) strange.push(`${name} of ${element.tagName}`);
        if (["href", "src", "action", "formaction", "xlink:href", "data"].includes(name) && !/^(?:\/(?!\/)|#|https?:|tel:[+\d]*$|mailto:|blob:http)/i.test(value)) strange.push(`${name}=${value.slice(0, 80)}`);
      }
    }
    if (document.querySelector("base, iframe, object, embed, frame, script:not([src])") !== null) strange.push("an element that this app never makes");
    return strange;
  });
  expect(found, where).toEqual([]);
  expect(trap.caught, where).toEqual([]);
}
