/** Firefox by the standard it speaks by itself, WebDriver BiDi over a socket: no driver, no package. Playwright's own
 * protocol needs a Firefox that was built for it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";

const STARTS_MS = 60_000;
const SHOWS_MS = 40_000;

/** The machine's Firefox; null: there is none. */
export function firefoxPath(): string | null {
  return process.env["YUNFAN_FIREFOX"] || (["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync) ?? null);
}

interface Message {
  readonly id?: number;
  readonly type: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly message?: string;
}

interface Evaluated {
  readonly type: string;
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

export class Firefox {
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Message) => void>();
  private tab = "";

  private constructor(
    private readonly process: ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data)) as Message;
      if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
    });
  }

  /** With the profile in this folder. */
  static async start(path: string, profile: string): Promise<Firefox> {
    const started = spawn(path, ["--headless", "--remote-debugging-port=0", "--profile", profile], { stdio: ["ignore", "ignore", "pipe"] });
    const socket = new WebSocket(`${await addressOf(started)}/session`);
    await new Promise((opened, failed) => {
      socket.addEventListener("open", opened, { once: true });
      socket.addEventListener("error", () => failed(new Error("Firefox does not answer")), { once: true });
    });
    const firefox = new Firefox(started, socket);
    await firefox.command("session.new", { capabilities: {} });
    const { contexts } = (await firefox.command("browsingContext.getTree", {})) as { contexts: readonly { context: string }[] };
    firefox.tab = contexts[0]?.context ?? "";
    return firefox;
  }

  async go(url: string): Promise<void> {
    await this.command("browsingContext.navigate", { context: this.tab, url, wait: "interactive" });
  }

  /** The value of an expression in the page, a promise's too: text, number, boolean or null. */
  async value(expression: string): Promise<unknown> {
    const target = { context: this.tab };
    const found = (await this.command("script.evaluate", { expression, target, awaitPromise: true })) as unknown as Evaluated;
    if (found.type !== "success") throw new Error(found.exceptionDetails?.text ?? expression);
    return found.result?.value ?? null;
  }

  /** Until an expression holds in the page. */
  async until(expression: string): Promise<void> {
    const late = Date.now() + SHOWS_MS;
    while ((await this.value(expression).catch(() => false)) !== true) {
      if (Date.now() > late) throw new Error(`not within ${SHOWS_MS} ms: ${expression}\n${String(await this.value("document.body.innerText"))}`);
      await new Promise((again) => setTimeout(again, 100));
    }
  }

  /** What a selector finds, pressed as soon as it is there. */
  async press(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
    await this.value(`void document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** The button or link with these words. */
  async pressWords(words: string): Promise<void> {
    const found = `[...document.querySelectorAll("main button, main a, main [role=button]")].find((one) => one.textContent.replaceAll(/\\s/g, "") === ${JSON.stringify(words)})`;
    await this.until(`${found} !== undefined`);
    await this.value(`void ${found}.click()`);
  }

  /** Typed with keys into what a selector finds, over what stood there. */
  async type(selector: string, text: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
    await this.value(`{ const field = document.querySelector(${JSON.stringify(selector)}); field.focus(); field.select(); }`);
    const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.command("input.performActions", { context: this.tab, actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async close(): Promise<void> {
    const ended = new Promise<void>((done) => this.process.once("exit", () => done()));
    await this.command("browser.close", {});
    await ended;
  }

  private async command(method: string, params: object): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.asked;
    const answered = new Promise<Message>((done) => this.waiting.set(id, done));
    this.socket.send(JSON.stringify({ id, method, params }));
    const { type, result, error, message } = await answered;
    this.waiting.delete(id);
    if (type !== "success") throw new Error(`${method}: ${error} ${message}`);
    return result ?? {};
  }
}

/** Where it listens, as it tells once it does. */
function addressOf(started: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = "";
    const late = setTimeout(() => failed(new Error(`Firefox did not start: ${said}`)), STARTS_MS);
    started.stderr?.on("data", (chunk: Buffer) => {
      said += String(chunk);
      const [, address] = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said) ?? [];
      if (address === undefined) return;
      clearTimeout(late);
      found(address);
    });
  });
}
