/** The line between a browser and the server: what is cut refuses and drops connections, as a network that is gone. */
import { createServer, type Server, type Socket, connect } from "node:net";

export class Line {
  private readonly open = new Set<Socket>();
  private server: Server | null = null;

  private constructor(
    readonly port: number,
    private readonly target: number,
  ) {}

  /** A line to a port of this machine. */
  static async to(target: number): Promise<Line> {
    const line = new Line(await freePort(), target);
    await line.mend();
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server === null) return;
    const closed = new Promise<void>((done) => server.close(() => done()));
    for (const socket of this.open) socket.destroy();
    await closed;
  }

  async mend(): Promise<void> {
    if (this.server !== null) return;
    const server = createServer((from) => this.join(from));
    await new Promise<void>((done, failed) => server.once("error", failed).listen(this.port, "127.0.0.1", done));
    this.server = server;
  }

  private join(from: Socket): void {
    const to = connect(this.target, "127.0.0.1");
    for (const [one, other] of [[from, to], [to, from]] as const) {
      this.open.add(one);
      // The other end learns of it by its own closing.
      one.on("error", () => other.destroy()).on("close", () => (this.open.delete(one), other.destroy()));
    }
    from.pipe(to).pipe(from);
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const taker = createServer().once("error", failed);
    taker.listen(0, "127.0.0.1", () => {
      const address = taker.address();
      taker.close(() => (typeof address === "object" && address !== null ? done(address.port) : failed(new Error("no port"))));
    });
  });
}
