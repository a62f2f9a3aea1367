/** Stays in touch with the server: meets it, listens on the air, and comes back after what went wrong. */
import { NoNetwork } from "~/device/api";
import { DeviceWiped, Stopped, SyncRefused } from "./errors";
import { type Closed, REFUSED, STOPS, type Socket, WIPED, isNamed, pauseAfter } from "./live";
import type { Met } from "./meeting";
import { Alarm } from "./waiting";

/** What the loop drives. `meet`: a meeting whose failure was reported already. */
export interface Followed {
  meet(): Promise<Met>;
  socket(): Socket;
  /** The next attempt is in so many seconds; null: it is under way. */
  waits(seconds: number | null): void;
  /** The server ended the rights of this device twice in a row, for this reason. */
  turnedAway(reason: string): void;
  /** Nothing is left to do: the replica was erased. */
  erased(): void;
  /** The server says that it stops. */
  stops(): void;
}

const SELDOM_SECONDS = 300; // where somebody has to do something first
const REFUSED_SECONDS = 60;
const HEARTBEAT_SECONDS = 90; // a line may be dead without saying so

export class Following {
  readonly #alarm = new Alarm();
  #socket: Socket | null = null;
  #stopped = false;
  #running: Promise<void> | null = null;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #turnedAway = false;
  #patient = false; // the server named a pause, so that a crowd does not come back as one: nobody cuts it short

  /** `seen`: whether the app is visible. `random`: 0 to 1. */
  constructor(
    readonly followed: Followed,
    readonly seen: () => boolean,
    readonly random: () => number = Math.random,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#heartbeat);
    this.hangUp();
    this.#alarm.ring();
    await this.#running;
  }

  /** Tries now what would be tried later. */
  wake(): void {
    if (!this.#patient) {
      this.#failures = 0;
      this.#alarm.ring();
    }
  }

  /** The line is dead, whatever the socket thinks. */
  hangUp(): void {
    this.#socket?.close();
  }

  get onAir(): Socket | null {
    return this.#socket;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.followed.waits(null);
      this.#patient = false;
      const pause = await this.#once();
      if (this.#stopped || pause === null) {
        return;
      }
      this.followed.waits(pause);
      await this.#alarm.wait(pause);
    }
  }

  /** One meeting and what is heard after it; seconds until the next, null: never. */
  async #once(): Promise<number | null> {
    try {
      await this.followed.meet();
      if (this.#stopped) {
        return null;
      }
      const closed = await this.#listen();
      this.#patient = isNamed(closed.code);
      if (closed.code === STOPS) {
        this.followed.stops();
      }
      return this.#pauseAfterClose(closed);
    } catch (wrong) {
      return this.#pauseAfterFailure(wrong);
    }
  }

  async #listen(): Promise<Closed> {
    const socket = this.followed.socket();
    this.#socket = socket;
    this.#beat();
    try {
      return await socket.listen();
    } finally {
      clearTimeout(this.#heartbeat);
      this.#socket = null;
    }
  }

  /** Now and then a meeting also while all is quiet. */
  #beat(): void {
    this.#heartbeat = setTimeout(() => {
      const beaten = this.#socket;
      this.followed.meet().then(
        () => (this.#socket === beaten && beaten !== null ? this.#beat() : undefined),
        () => this.hangUp(), // the loop takes it from here
      );
    }, HEARTBEAT_SECONDS * 1000 * (0.5 + this.random()));
  }

  #pauseAfterClose({ code, reason, greeted }: Closed): number {
    if (greeted) {
      this.#failures = 0;
      this.#turnedAway = false;
    }
    if (code === REFUSED || code === WIPED) {
      if (!this.#turnedAway) {
        this.#turnedAway = true; // the meeting says what is wrong, and does as it says; or the token was but replaced
        return 0;
      }
      this.followed.turnedAway(reason);
      return SELDOM_SECONDS;
    }
    this.#failures += 1;
    return pauseAfter(code, this.#failures - 1, this.seen(), this.random);
  }

  #pauseAfterFailure(wrong: unknown): number | null {
    if (wrong instanceof Stopped) {
      return null;
    }
    if (wrong instanceof DeviceWiped) {
      if (wrong.confirmed) {
        this.followed.erased();
        return null;
      }
      return REFUSED_SECONDS * (0.5 + this.random());
    }
    this.#failures += 1;
    const pause = pauseAfter(null, this.#failures - 1, this.seen(), this.random);
    if (wrong instanceof NoNetwork) {
      return pause;
    }
    if (wrong instanceof SyncRefused && wrong.status !== 401) {
      return Math.max(pause, wrong.retryAfterSeconds ?? REFUSED_SECONDS * (0.5 + this.random()));
    }
    return SELDOM_SECONDS;
  }
}
