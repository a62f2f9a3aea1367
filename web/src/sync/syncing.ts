/** Keeps one replica and the server together: all of this room, put together. */
import { NoNetwork, Refused } from "~/device/api";
import type { StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import type { Language } from "~/values/words";
import { uuid7 } from "~/values/uuid7";
import { type Machine, sayer } from "./about";
import { Asking, type Documents } from "./asking";
import { DeviceWiped, Stopped, SyncRefused, type WipeOrder } from "./errors";
import { downloaded } from "./downloading";
import { Files } from "./files";
import { Following } from "./following";
import { type OpenSocket, Socket } from "./live";
import { FirstLoad } from "./loading";
import { Meeting, type Met } from "./meeting";
import { Leasing, type Mutate } from "./numbers";
import { Pulling } from "./pulling";
import { Pushing } from "./pushing";
import { Registration } from "./registration";
import { Reporting, type SyncReport } from "./report";
import { TokenChain, type TokenKeeper } from "./tokens";
import { type Fetch, Transport } from "./transport";
import { troubleOf } from "./trouble";
import { Verifying } from "./verifying";
import { type Sleep, Shared } from "./waiting";
import { type WipePlace, Wiping } from "./wiping";

/** What the device room gives. `mutate`: queues a command, as a page does. `listsHash`: of the description's list tables,
 * null: files bring none. `isHolderGone`: whether a tab that took a document number is closed. The last group takes the
 * place of the real thing in tests. */
export interface SyncOptions {
  readonly store: StoreApi;
  readonly url: string;
  readonly keeper: TokenKeeper;
  readonly place: WipePlace;
  readonly machine: Machine;
  readonly schemaVersion: number;
  readonly listsHash: string | null;
  readonly documents: Documents;
  readonly language: () => Language;
  readonly mutate: Mutate;
  readonly isHolderGone: (holder: string) => boolean;
  /** How many bytes the files may take that the server has too. */
  readonly shelfBytes?: () => Promise<number>;

  readonly fetch?: Fetch;
  readonly openSocket?: OpenSocket;
  readonly sleep?: Sleep;
  readonly now?: () => number;
  readonly monotonic?: () => number;
  readonly random?: () => number;
}

const TOGETHER_MS = 20; // what is done in one go goes out in one push
const IDLE_MS = 60_000;
const SHELF_BYTES = 200 * 1024 * 1024;
const SOON_SECONDS = 10; // what was put off without a time

export class Sync {
  readonly transport: Transport;
  readonly registration: Registration;
  readonly leasing: Leasing;
  readonly files: Files;
  readonly verifying: Verifying;
  readonly wiping: Wiping;
  readonly pushing: Pushing;
  readonly pulling: Pulling;
  readonly #options: SyncOptions;
  readonly #store: StoreApi;
  readonly #now: () => number;
  readonly #reporting: Reporting;
  readonly #meeting: Meeting;
  readonly #following: Following;
  readonly #asking: Asking;
  readonly #meetings = new Shared(() => this.#meet());
  readonly #uploads = new Shared(() => this.#upload());
  #soon: ReturnType<typeof setTimeout> | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #wipingNow: Promise<never> | null = null;
  #busyAt = 0;
  readonly #shelfBytes: () => Promise<number>;
  #seen = true;
  #stopped = false;
  readonly #random: () => number;

  constructor(options: SyncOptions) {
    const { store } = options;
    this.#options = options;
    this.#store = store;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#shelfBytes = options.shelfBytes ?? (() => Promise.resolve(SHELF_BYTES));
    this.transport = new Transport({ ...options, tokens: new TokenChain(options.keeper, store, this.#now) });
    const said = sayer(store, options.machine, options.schemaVersion);
    this.registration = new Registration(store, this.transport, said, options.machine, uuid7, this.#now);
    this.pushing = new Pushing(store, this.transport, this.registration, said);
    const firstLoad = new FirstLoad(store, this.transport, options.listsHash, options.sleep);
    this.pulling = new Pulling(store, this.transport, this.registration, firstLoad, said);
    this.leasing = new Leasing(store, options.mutate, uuid7, this.#now);
    this.files = new Files(store, this.transport, undefined, options.sleep);
    this.verifying = new Verifying(store, this.pulling, options.language);
    this.wiping = new Wiping(options.place, (path, body) => this.transport.send(path, body, true), options.language, this.#now);
    this.#reporting = new Reporting(store, this.#now, this.files);
    this.#meeting = new Meeting(store, this.registration, this.pushing, this.pulling, this.leasing, options.isHolderGone);
    this.#meeting.onPulled = async () => {
      await this.#reporting.met(); // numbers are asked for behind it: nobody waits for them
      void this.#reporting.tell();
    };
    this.#asking = new Asking(this.transport, options.documents, () => crypto.randomUUID());
    this.#following = new Following(
      {
        meet: () => this.#meetings.run(),
        socket: () => this.#socket(),
        waits: (seconds) => this.#waits(seconds),
        turnedAway: (reason) => this.#trouble(new SyncRefused(401, reason, reason)),
        erased: () => this.transport.close(),
        stops: () => this.#online(false),
      },
      () => this.#seen,
      options.random,
    );
    this.transport.onWiped = (order) => this.#wipe(order);
    this.transport.onRevoked = () => this.registration.noteRevoked();
    this.transport.onAnswer = () => this.#online(true);
    this.transport.onSilence = () => this.#online(false);
    firstLoad.onProgress = () => {
      this.#reporting.progress = firstLoad.progress;
      void this.#reporting.tell();
    };
  }

  /** Begins to exchange and to listen, and goes on by itself until `stop`. */
  async start(): Promise<void> {
    await this.#reporting.begin();
    this.#following.start();
  }

  /** Calls off what is under way. What waits in the queue stays there. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
    this.transport.close();
    await this.#following.stop();
    await Promise.allSettled([this.#meetings.idle(), this.#uploads.idle()]);
  }

  /** Exchanges with the server now. Raises NoNetwork, Refused. */
  async syncNow(): Promise<Met> {
    const met = await this.#meetings.run();
    this.#following.wake();
    return met;
  }

  /** Something was queued: it goes out in a moment, with what follows at once. */
  mutated(): void {
    if (this.#stopped) {
      return; // it is on the disk, and goes with the next start
    }
    this.#busyAt = this.#now();
    void this.#reporting.tell();
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#meetings.run().then(
        () => this.#following.wake(),
        () => this.#following.hangUp(), // reported; the loop tries again
      );
    }, TOGETHER_MS);
  }

  /** Whether somebody looks at the app. Whoever comes back sees what is new at once. */
  seen(visible: boolean): void {
    this.#seen = visible;
    if (visible) {
      this.#following.wake();
      if (this.#following.onAir !== null) {
        this.mutated();
      }
    }
  }

  /** The machine says that its network came or went. It may be wrong about this server: that is tried at once. */
  networkChanged(): void {
    if (this.#following.onAir !== null) {
      this.mutated();
    }
    this.#following.wake();
  }

  /** After a sign-in of the same member: on the disk before it is used. */
  async signedIn(token: string): Promise<void> {
    await this.transport.tokens.adopt(token);
    this.#following.wake();
  }

  /** A GraphQL document, by name. `key`: the same change twice with one key is done once. Raises Refused, NoNetwork. */
  async ask(operation: string, variables: JsonObject = {}, key: string | null = null): Promise<unknown> {
    return this.#asking.ask(operation, variables, false, key);
  }

  /** The next document number of a series, or null: the server gives one. `holder`: the tab that takes it. */
  async takeNumber(series: string, holder: string): Promise<string | null> {
    const number = await this.leasing.take(series, holder);
    this.mutated(); // more are asked for before they run out
    return number;
  }

  /** The content of an attachment. Raises Refused, NoNetwork. */
  open(attachmentId: string): Promise<Blob> {
    return this.files.open(attachmentId);
  }

  /** The file behind a link that the server gave; only once. Raises SyncRefused, NoNetwork. */
  download(path: string): Promise<Blob> {
    return downloaded(this.transport, path);
  }

  /** Whether the server has greeted this device on a socket. */
  get onAir(): boolean {
    return this.#following.onAir?.greeted === true;
  }

  onStatus(listener: (report: SyncReport) => void): () => void {
    return this.#reporting.onReport(listener);
  }

  status(): Promise<SyncReport> {
    return this.#reporting.report();
  }

  /** What listeners were told last; null: nothing yet. Holds also of a replica that was erased. */
  lastStatus(): SyncReport | null {
    return this.#reporting.last;
  }

  async #meet(): Promise<Met> {
    this.#reporting.syncing = true;
    void this.#reporting.tell();
    try {
      if (await this.wiping.isDue()) {
        return await this.wiping.finish(this.#wiped());
      }
      const met = await this.#meeting.meet();
      this.#reporting.trouble = troubleOf(met.putOff, this.#options.language());
      this.#comeLater(met.putOff);
      await this.#following.onAir?.tell();
      void this.#uploads.run().catch((wrong: unknown) => this.#uploadTrouble(wrong));
      return met;
    } catch (wrong) {
      this.#trouble(wrong);
      throw wrong;
    } finally {
      this.#reporting.syncing = false;
      void this.#reporting.tell();
    }
  }

  /** The files that wait, apart from the exchange: edits do not wait for them. Then now and then a proof. */
  async #upload(): Promise<void> {
    const sent = await this.files.upload(() => void this.#reporting.tell());
    this.#reporting.uploadTrouble = null;
    if (sent > 0) {
      await this.#meeting.pull();
    }
    await this.#store.shelf.evict(await this.#shelfBytes());
    if (this.#now() - this.#busyAt > IDLE_MS) {
      await this.verifying.verifyIfDue(this.#now());
    }
    void this.#reporting.tell();
  }

  #socket(): Socket {
    const greeting = async (): Promise<Record<string, string | number | null>> => {
      const { deviceId, cursor } = await this.#store.standing();
      const { schemaVersion } = this.#options;
      return { token: await this.transport.tokens.token(), deviceId, ...(cursor === null ? {} : { cursor }), schemaVersion };
    };
    const told = {
      greeting,
      pull: async () => {
        await this.#meeting.pull();
        await this.#following.onAir?.tell();
      },
      greeted: () => this.#online(true),
      kept: () => void this.#reporting.tell(),
    };
    return new Socket(this.transport.url, this.#store, told, this.#options.openSocket);
  }

  /** What the server put off goes when it said. */
  #comeLater(putOff: SyncRefused | null): void {
    clearTimeout(this.#later);
    const seconds = putOff === null ? null : (putOff.retryAfterSeconds ?? SOON_SECONDS * (0.5 + this.#random()));
    this.#reporting.nextAttemptAt = seconds === null ? null : this.#now() + seconds * 1000;
    if (seconds !== null) {
      this.#later = setTimeout(() => this.mutated(), seconds * 1000);
    }
  }

  #waits(seconds: number | null): void {
    if (seconds !== null && seconds > 0) {
      this.#reporting.nextAttemptAt = this.#now() + seconds * 1000;
      void this.#reporting.tell();
    }
  }

  #online(online: boolean): void {
    if (this.#reporting.online !== online) {
      this.#reporting.online = online;
      void this.#reporting.tell();
    }
  }

  /** What keeps files back says nothing of the rest, and is not taken back by it. */
  #uploadTrouble(wrong: unknown): void {
    if (wrong instanceof Refused && !(wrong instanceof DeviceWiped)) {
      this.#reporting.uploadTrouble = troubleOf(wrong, this.#options.language());
      void this.#reporting.tell();
    } else {
      this.#trouble(wrong);
    }
  }

  #trouble(wrong: unknown): void {
    if (wrong instanceof Stopped) {
      return;
    }
    if (wrong instanceof NoNetwork) {
      this.#online(false);
    } else if (wrong instanceof Refused) {
      this.#reporting.trouble = troubleOf(wrong, this.#options.language());
    }
    void this.#reporting.tell();
    if (!(wrong instanceof NoNetwork) && !(wrong instanceof Refused)) {
      console.error("sync.failed", wrong); // a defect: it must not end the loop, and must not be hidden
    }
  }

  /** Whichever request brings the order first. */
  #wipe(order: WipeOrder): Promise<never> {
    this.#wipingNow ??= this.#obey(order).finally(() => {
      this.#wipingNow = null;
    });
    return this.#wipingNow;
  }

  async #obey(order: WipeOrder): Promise<never> {
    const deviceId = await this.#store.get("device_id");
    if (typeof deviceId !== "string") {
      throw new DeviceWiped("", "", null, true);
    }
    return this.wiping.begin(deviceId, order, this.#wiped());
  }

  #wiped(): { pushLast(order: string): Promise<void>; pendingCount(): Promise<number> } {
    return { pushLast: (order) => this.pushing.pushLast(order), pendingCount: () => this.#store.outbox.pendingCount() };
  }
}
