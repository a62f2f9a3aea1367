/** One member's replica and its exchange with the server, in the worker: what the calls of all tabs come to. */
import { DESCRIPTION } from "~/generated/description";
import { OPERATIONS } from "~/generated/operations";
import { describedBy, Replica, ReplicaNewer } from "~/replica/index";
import { loadAhead } from "~/sync/ahead";
import { Sync } from "~/sync/syncing";
import type { JsonObject } from "~/values/json";
import type { Language } from "~/values/words";
import { type GroupQuery, type ListQuery, type Me, type NewFile, NoNetwork, Refused, type SyncStatus } from "./api";
import { attachFile } from "./attaching";
import type { Handlers } from "./answering";
import { type Entry, Ledger } from "./ledger";
import { machineOf, systemVersion } from "./machine";
import { type DeviceRefusal, refused } from "./sentences";
import type { Inside, Outside, Start } from "./shell";
import { type Over, Staying } from "./staying";
import { Statuses } from "./statuses";
import { openStoring, shelfBytes, type Storing } from "./storing";
import { TokenPlace } from "./token_place";
import { WipePlace } from "./wipe_place";
import { told } from "./told";
import { failureOf } from "./wire";
import { finishWipe } from "./wipe_finish";

/** Which build this is (scripts/app_version_plugin.ts); none in what only tests build. */
const APP_VERSION: string | null = import.meta.env.APP_VERSION ?? null;
const NOTE_EVERY_MS = 60_000;
const GOODBYE_MS = 3_000;

/** Opens the member's replica. Raises Refused (`ACCOUNT_LEFT`, `DEVICE_WIPED`, `APP_OUTDATED`), ReplicaBusy. */
export async function openMember(start: Start, outside: Outside): Promise<Inside> {
  const ledger = await Ledger.open();
  const [entry, wipe] = [await ledger.entry(start.key), await ledger.wipe(start.key)];
  const language = entry?.me.language ?? "zh-CN";
  if (entry === null) {
    if (wipe !== null) await finishWipe(ledger, start, wipe.folder, language);
    throw refused("ACCOUNT_LEFT", language);
  }
  if (!entry.filled) void ahead(ledger, start);
  const storing = await openStoring(entry, ledger, start.files);
  try {
    const replica = await Replica.open(storing.driver, { described: describedBy(DESCRIPTION), schemaVersion: DESCRIPTION.schemaVersion });
    const member = new Member(ledger, entry, replica, storing, start, outside);
    if (wipe !== null) await member.finishWipe();
    await member.begin();
    return member;
  } catch (wrong) {
    await storing.driver.close();
    throw wrong instanceof ReplicaNewer ? refused("APP_OUTDATED", language) : wrong;
  }
}

/** The member's first time here: rows are on their way while the files for them are made. */
async function ahead(ledger: Ledger, start: Start): Promise<void> {
  const token = await new TokenPlace(ledger, start.key, start.accountKey).load();
  const { schemaVersion, listsHash } = DESCRIPTION;
  if (token !== "") await loadAhead({ url: location.origin, token, schemaVersion, listsHash });
}

class Member implements Inside {
  readonly handlers: Handlers;
  readonly #ledger: Ledger;
  readonly #key: string;
  readonly #replica: Replica;
  readonly #sync: Sync;
  readonly #tokens: TokenPlace;
  readonly #place: WipePlace;
  readonly #staying: Staying;
  readonly #statuses: Statuses;
  readonly #outside: Outside;
  readonly #visible = new Set<string>();
  #me: Me;
  /** Of the tab that was looked at last: the person may read another one than their account says. */
  #language: Language;
  #over = false;
  #persistent: boolean | null = null;
  #systemVersion: string | null = null;
  #noting: ReturnType<typeof setInterval> | undefined;

  constructor(ledger: Ledger, entry: Entry, replica: Replica, storing: Storing, start: Start, outside: Outside) {
    this.#ledger = ledger;
    this.#key = entry.key;
    this.#replica = replica;
    this.#outside = outside;
    this.#me = entry.me;
    this.#language = entry.me.language;
    this.#tokens = new TokenPlace(ledger, entry.key, start.accountKey);
    this.#place = new WipePlace(ledger, entry.key, entry.folder, () => replica.close(), (done) => this.#wiped(done));
    this.#sync = new Sync({
      store: replica.store,
      url: location.origin,
      keeper: this.#tokens,
      place: this.#place,
      machine: { ...machineOf(navigator.userAgent), osVersion: () => this.#systemVersion, appVersion: APP_VERSION, persistent: () => this.#persistent },
      schemaVersion: DESCRIPTION.schemaVersion,
      listsHash: DESCRIPTION.listsHash,
      documents: OPERATIONS,
      language: () => this.#language,
      mutate: (command, args) => replica.mutate(command, args),
      isHolderGone: (holder) => outside.isGone(holder),
      shelfBytes,
    });
    this.#staying = new Staying(entry.key, ledger, this.#sync, entry.stay, (me) => this.#heard(me));
    this.#statuses = new Statuses(replica, this.#me.memberId, { storage: replica.kind, evicted: storing.evicted, persistent: () => this.#persistent }, (status) => this.#tell(status));
    this.handlers = this.#handlers();
  }

  async begin(): Promise<void> {
    void this.#lookAtStorage();
    void systemVersion(navigator).then((version) => (this.#systemVersion = version));
    this.#replica.onChange((collections) => {
      this.#outside.tell({ kind: "change", collections: [...collections] });
      if (collections.has("inbox") || collections.has("*")) void this.#statuses.look();
    });
    this.#sync.onStatus((report) => {
      void this.#statuses.look(report);
      if (report.online && report.phase !== "starting") void this.#staying.askNowAndThen();
    });
    await this.#statuses.look(await this.#sync.status());
    await this.#sync.start();
    for (const event of ["online", "offline"]) addEventListener(event, () => this.#sync.networkChanged());
    this.#noting = setInterval(() => void this.#goOn(this.#staying.note()), NOTE_EVERY_MS);
  }

  /** A wipe that a kill cut off. Raises DeviceWiped. */
  finishWipe(): Promise<never> {
    const { pushing } = this.#sync;
    return this.#sync.wiping.finish({ pushLast: (order) => pushing.pushLast(order), pendingCount: () => this.#replica.store.outbox.pendingCount() });
  }

  me(): Me {
    return this.#me;
  }

  status(): SyncStatus {
    return this.#statuses.status;
  }

  async close(): Promise<void> {
    clearInterval(this.#noting);
    await this.#sync.stop();
    await this.#replica.close();
    this.#ledger.close();
  }

  #handlers(): Handlers {
    const replica = this.#replica;
    const calls: Handlers = {
      schema: () => replica.schema(),
      list: ([query]) => replica.list(query as ListQuery),
      row: ([collection, id]) => replica.row(collection as string, id as string),
      rows: ([collection, ids]) => replica.rows(collection as string, ids as readonly string[]),
      groups: ([query]) => replica.groups(this.#cutHere(query as GroupQuery)),
      search: ([text, collections, limit]) => replica.search(text as string, collections as readonly string[] | undefined, limit as number | undefined),
      inbox: () => replica.inbox(),
      mutate: ([command, args, key]) => this.#queued(replica.mutate(command as string, args as JsonObject, key as string)),
      mutateAll: ([many, key]) => this.#queued(replica.mutateAll(many as readonly { command: string; args: JsonObject }[], key as string)),
      attach: ([file, key]) => this.#queued(attachFile(replica, file as NewFile, key as string, this.#language)),
      takeNumber: ([series], tab) => this.#sync.takeNumber(series as string, tab),
      refusedFiles: async () => (await this.#sync.files.unsent()).refused,
      open: ([id]) => this.#sync.open(id as string),
      download: ([path]) => this.#sync.download(path as string),
      ask: ([operation, variables, key]) => this.#sync.ask(operation as string, variables as JsonObject, key as string),
      sync: async () => void (await this.#sync.syncNow()),
      contact: () => this.#staying.ask(),
      storageAsked: () => this.#lookAtStorage(),
      seen: async ([visible, touched, language], tab) => {
        if (language === "zh-CN" || language === "en") this.#language = language;
        this.#seen(tab, visible === true, touched === true);
      },
      adoptToken: ([accountKey]) => this.#adoptToken(accountKey as CryptoKey),
      signOut: ([wipe]) => this.#signOut(wipe === true),
    };
    return Object.fromEntries(Object.entries(calls).map(([name, handler]) => [name, told(handler, () => this.#language, this.#outside)]));
  }

  /** By the company's days, as the server counts them. */
  #cutHere(query: GroupQuery): GroupQuery {
    const zone = this.#me.access?.timeZone; // an account kept by an older app has none until the server is asked
    return query.cut === undefined || query.zone !== undefined || zone === undefined ? query : { ...query, zone };
  }

  async #queued<T>(work: Promise<T>): Promise<T> {
    const done = await work;
    this.#sync.mutated();
    return done;
  }

  /** `touched`: somebody uses that tab. */
  #seen(tab: string, visible: boolean, touched: boolean): void {
    if (visible) this.#visible.add(tab);
    else this.#visible.delete(tab);
    for (const known of this.#visible) if (this.#outside.isGone(known)) this.#visible.delete(known);
    this.#sync.seen(this.#visible.size > 0);
    // Not waited for: it may ask the server.
    if (visible) void this.#goOn(touched ? this.#staying.touched() : this.#staying.note());
  }

  /** Shows nothing more when the company's time is over. The queue stays; a sign-in that no PIN and no passkey guards ends
   * with a time without a hand. */
  async #goOn(asked: Promise<Over | null>): Promise<void> {
    const over = await asked;
    if (over === null || this.#over) return;
    this.#over = true;
    const entry = await this.#ledger.entry(this.#key);
    if (over === "IDLE_TOO_LONG" && entry?.lock.kind === "none") await this.#endSignIn();
    this.#leave(over);
  }

  /** The member signed in with the server: on with what waited for that. */
  async #adoptToken(accountKey: CryptoKey): Promise<void> {
    this.#tokens.useKey(accountKey);
    await this.#sync.signedIn(await this.#tokens.load());
    if (await this.#sync.registration.isRevoked()) await this.#sync.registration.register();
    if ((await this.#replica.schema()) !== null) void this.#staying.askNowAndThen(); // else once it is registered
  }

  async #signOut(wipe: boolean): Promise<void> {
    const deviceId = await this.#replica.store.get("device_id");
    if (wipe && typeof deviceId === "string") await this.#tried(() => this.#sync.ask("RevokeDevice", { input: { id: deviceId } }));
    await this.#statuses.look(await this.#sync.status()); // the list of accounts says what is unsent
    await this.#endSignIn();
    if (wipe) await this.#place.erase();
    this.#leave("ACCOUNT_LEFT");
  }

  async #endSignIn(): Promise<void> {
    await this.#tried(() => this.#sync.ask("SignOut"));
    await this.#sync.stop();
    await this.#sync.transport.tokens.forget();
  }

  /** Ends once the call under way is answered. */
  #leave(why: DeviceRefusal): void {
    this.#outside.tell({ kind: "left", failure: failureOf(refused(why, this.#language)) });
    void this.#outside.end();
  }

  /** Signing out works without the server too: the session ends by itself. */
  async #tried(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (wrong) {
      if (!(wrong instanceof NoNetwork) && !(wrong instanceof Refused)) throw wrong;
    }
  }

  /** The server had everything erased. The receipt goes first, if it goes soon; else the next start sends it. */
  #wiped(done: boolean): void {
    const goodbye = (): void => this.#leave("DEVICE_WIPED");
    if (done) goodbye();
    else setTimeout(goodbye, GOODBYE_MS);
  }

  async #lookAtStorage(): Promise<void> {
    this.#persistent = (await navigator.storage?.persisted?.()) ?? null;
    await this.#statuses.look();
  }

  #heard(me: Me): void {
    const before = JSON.stringify(this.#me);
    this.#me = me;
    if (JSON.stringify(me) !== before) this.#outside.tell({ kind: "me", me });
  }

  #tell(status: SyncStatus): void {
    this.#outside.tell({ kind: "status", status });
    const unsent = status.pending + status.uploads + status.refusedFiles;
    void this.#ledger.change(this.#key, (entry) => (entry.unsent === unsent ? null : { ...entry, unsent }));
  }
}
