/** The whole product for a test: `yunfan up` on a port and a data directory of its own, really stopped and started. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");
const READY_MS = 150_000;
const STOPPED_MS = 40_000;

export interface SignIn {
  readonly identifier: string;
  readonly password: string;
}

/** The demo company's people, as `yunfan up` prints them. */
export const DEMO = {
  admin: { identifier: "admin@demo.example.com", password: "Hangzhou-Spring-26" },
  lead: { identifier: "sales.lead@demo.example.com", password: "Hangzhou-Spring-26" },
  rep: { identifier: "sales1@demo.example.com", password: "Hangzhou-Spring-26" },
  otherRep: { identifier: "sales2@demo.example.com", password: "Hangzhou-Spring-26" },
  auditor: { identifier: "audit@demo.example.com", password: "Hangzhou-Spring-26" },
  rival: { identifier: "owner@rival.example.com", password: "Hangzhou-Spring-26" },
} as const satisfies Record<string, SignIn>;

/** Opens `/ops` of every server that is started here. */
export const OPERATORS_TOKEN = "operators-of-the-tests";

export class YunfanServer {
  readonly port: number;
  readonly data: string;
  private process: ChildProcess | null = null;
  private readonly log: string;
  private readonly variables: Readonly<Record<string, string>>;

  private constructor(port: number, data: string, variables: Readonly<Record<string, string>>) {
    this.port = port;
    this.data = data;
    this.log = join(data, "up.log");
    this.variables = variables;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(variables: Readonly<Record<string, string>> = {}): Promise<YunfanServer> {
    const server = new YunfanServer(await freePort(), mkdtempSync(join(tmpdir(), "yunfan-web-")), variables);
    await server.start();
    return server;
  }

  /** One that somebody else started, this very process or another one; it may stand still now. */
  static known(port: number, data: string, variables: Readonly<Record<string, string>> = {}): YunfanServer {
    return new YunfanServer(port, data, variables);
  }

  /** Until it is ready. Rejects with what it said when it ends before. */
  async start(): Promise<void> {
    const log = openSync(this.log, "a");
    const env = { ...process.env, YUNFAN_PORT: String(this.port), YUNFAN_DATA: this.data, YUNFAN_METRICS_TOKEN: OPERATORS_TOKEN, ...this.variables };
    const started = spawn(join(ROOT, ".venv/bin/yunfan"), ["up"], { cwd: ROOT, env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.process = started;
    const until = Date.now() + READY_MS;
    while (!(await this.answers())) {
      if (started.exitCode !== null || Date.now() > until) throw new Error(`yunfan up: ${this.said()}`);
      await pause(200);
    }
  }

  /** An orderly end, as Ctrl-C brings it. */
  stop(): Promise<void> {
    return this.end("SIGINT");
  }

  /** As a power failure would: its watchdog clears up behind it. */
  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  /** Stops it and removes what it kept. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  said(): string {
    return readFileSync(this.log, "utf8").slice(-4_000);
  }

  async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  private async end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const running = this.process;
    this.process = null;
    if (running === null) return this.endOther(signal);
    if (running.exitCode !== null) return;
    const ended = new Promise<void>((done) => running.once("exit", () => done()));
    running.kill(signal);
    const late = setTimeout(() => running.kill("SIGKILL"), STOPPED_MS);
    await ended;
    clearTimeout(late);
  }

  /** The same for one that another process started: it notes in its data who it is. */
  private async endOther(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const pid = runningPid(join(this.data, "up.lock"));
    if (pid === null) return;
    process.kill(pid, signal);
    const until = Date.now() + STOPPED_MS;
    while (isAlive(pid)) {
      if (Date.now() > until) process.kill(pid, "SIGKILL");
      await pause(50);
    }
  }
}

function runningPid(lock: string): number | null {
  if (!existsSync(lock)) return null;
  const { pid } = JSON.parse(readFileSync(lock, "utf8")) as { readonly pid: number };
  return isAlive(pid) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const taker = createServer();
    taker.once("error", failed);
    taker.listen(0, "127.0.0.1", () => {
      const address = taker.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      taker.close(() => done(port));
    });
  });
}
