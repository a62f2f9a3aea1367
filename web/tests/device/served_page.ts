/** A test page, built like the app and served together with a Yunfan that may be stopped: then its requests are cut. */
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize, resolve } from "node:path";
import type { Duplex } from "node:stream";
import { build } from "vite";
import { isServerPath } from "../../src/sw/server_paths";

const WEB = resolve(import.meta.dirname, "../..");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

const NEVER = "/never";

/** Builds a page of the folder page/ and serves it. */
export async function servePage(page: string, backend: string | null = null): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "yunfan-page-"));
  await build({
    configFile: false,
    root: join(WEB, "tests/device/page"),
    logLevel: "error",
    publicDir: false,
    resolve: { alias: { "~": join(WEB, "src") } },
    worker: { format: "es" },
    build: { outDir: folder, target: "es2022", minify: false, rolldownOptions: { input: join(WEB, `tests/device/page/${page}.html`) } },
  });
  const served = new Served(folder, `/${page}.html`, backend);
  await served.start();
  return served;
}

export class Served {
  /** A file that comes with something behind it. */
  spoils: string | null = null;
  /** What stands between says something of its own: a hotel's sign-in page, a proxy. Null: not to this path. */
  between: ((path: string) => { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string | Buffer } | null) | null = null;
  /** A path of the server that is cut. */
  cuts: string | null = null;
  #server: Server | null = null;
  /** WebSockets: a server that closes waits for them and does not end them. */
  readonly #upgraded = new Set<Duplex>();
  #port = 0;

  /** `backend`: where the server's own paths are handed on to; null: they are cut. */
  constructor(
    public folder: string,
    readonly startPath: string,
    public backend: string | null,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.startPath}`;
  }

  async start(): Promise<void> {
    const server = createServer((asked, answer) => void this.#answer(asked, answer));
    server.on("upgrade", (asked: IncomingMessage, socket: Duplex) => this.#upgrade(asked, socket));
    await new Promise<void>((done) => server.listen(this.#port, "127.0.0.1", done));
    const address = server.address();
    this.#port = typeof address === "object" && address !== null ? address.port : 0;
    this.#server = server;
  }

  /** Nobody listens any more: no page, no server. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await new Promise<void>((done) => (server === null ? done() : server.close(() => done())));
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = new URL(asked.url ?? "/", "http://x").pathname;
    const said = this.between?.(path) ?? null;
    if (said !== null) return void answer.writeHead(said.status, said.headers).end(said.body);
    if (path === NEVER) return; // whoever asks for it waits
    if (isServerPath(path)) return this.#handOn(asked, answer);
    const name = normalize(path === "/" ? "/index.html" : path);
    try {
      const content = await readFile(join(this.folder, name));
      answer.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "cache-control": "no-cache" });
      answer.end(name === this.spoils ? Buffer.concat([content, Buffer.from(" ")]) : content);
    } catch {
      answer.writeHead(404).end();
    }
  }

  #handOn(asked: IncomingMessage, answer: ServerResponse): void {
    if (this.backend === null || asked.url === this.cuts) return void asked.socket.destroy();
    const { hostname, port } = new URL(this.backend);
    const handed = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    handed.on("error", () => asked.socket.destroy());
    asked.pipe(handed);
  }

  #upgrade(asked: IncomingMessage, socket: Duplex): void {
    if (this.backend === null) return void socket.destroy();
    this.#upgraded.add(socket);
    socket.on("close", () => this.#upgraded.delete(socket));
    const { hostname, port } = new URL(this.backend);
    const onward = connect(Number(port), hostname, () => {
      const lines = Object.entries(asked.headers).map(([name, value]) => `${name}: ${String(value)}`);
      onward.write(`GET ${asked.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  }
}
