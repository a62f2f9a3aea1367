/** What the sync room asks of the replica: the rows as the server sent them, the queue, and a few single values.
 *
 * One worker holds a replica; every call is one local transaction of its own, or several that a kill between them cannot
 * hurt. Where a promise is fulfilled, it is on the disk. Meaning of the words: sync/PROTOCOL.md, 3 to 5 and 10.
 */
import type { CommandSchema, MemberSchema } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";

/** The bytes of a file, in order. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** One collection's part of a page: `removes` are ids, `puts` rows as JSON texts, kept byte for byte. */
export interface Section {
  readonly collection: string;
  readonly mode: "delta" | "replace" | "drop" | "repair";
  readonly removes: readonly string[];
  readonly puts: readonly string[];
}

/** The first line of a pull's answer (3.2); unknown keys stay. */
export interface PageHeader {
  readonly cursor: string;
  readonly more: boolean;
  readonly rebase: boolean;
  readonly schema: string;
  readonly serverTime: string;
  readonly described?: MemberSchema | null;
  readonly checksums?: Readonly<Record<string, Checksum>> | null;
  readonly buckets?: readonly string[] | null;
  readonly follows?: string | null;
  readonly [key: string]: unknown;
}

export interface Page {
  readonly header: PageHeader;
  readonly sections: readonly Section[];
}

export interface Checksum {
  readonly count: number;
  /** 16 lower-case hexadecimal digits. */
  readonly hash: string;
}

/** Where a replica stands between two pages. `step` grows with every page kept and every reload, so that the same cursor
 * reached again is another standing. `barrier`: the `clock` of the latest answer to a push, which the next pull must
 * contain (`atLeast`); then it contains every mutation answered up to number `ackedTo`. */
export interface Standing {
  /** Null until the device is registered, and while a new id waits to be announced. */
  readonly deviceId: string | null;
  readonly cursor: string | null;
  readonly step: number;
  readonly barrier: string | null;
  readonly ackedTo: number;
}

export type OutcomeStatus = "applied" | "merged" | "settled" | "inbox" | "waiting" | "parked";

/** A refusal as the server words it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | null;
  readonly field?: string | null;
}

/** The server's answer to one mutation (4.2). */
export interface Outcome {
  readonly n: number;
  readonly uuid: string;
  readonly status: OutcomeStatus;
  readonly result?: { readonly entity?: string; readonly id?: string; readonly version?: number } | null;
  readonly inboxId?: string | null;
  readonly error?: Refusal | null;
  readonly waitsFor?: readonly string[];
}

/** The answer to a push (4.2). */
export interface PushAnswer {
  readonly outcomes: readonly Outcome[];
  readonly lastMutation: number;
  readonly clock: string;
  readonly serverTime: string;
  readonly stopped?: Refusal | null;
  readonly retryAfter?: number | null;
}

/** What of a command's schema says what it shows. */
export type Shows = Partial<Pick<CommandSchema, "sets" | "children">> & {
  readonly adds?: Adds;
  readonly takes?: Takes;
};

export interface Adds {
  readonly collection: string;
  readonly match: readonly string[];
  readonly number: string;
  readonly plus: string;
  readonly minus?: string | null;
  readonly of?: string | null;
  readonly sets: Readonly<Record<string, string>>;
}

export interface Takes {
  readonly collection: string;
  readonly rows: string;
  readonly parent: string;
  readonly match: readonly string[];
  readonly number: string;
  readonly minus: string;
  readonly only: Readonly<Record<string, string>>;
}

/** A mutation of the queue. `outcome`: the server's answer, if it came; `settled`: the base rows show it. */
export interface Queued {
  readonly n: number;
  readonly uuid: string;
  readonly command: string;
  readonly arguments: JsonObject;
  readonly base: JsonObject;
  /** Where the server's value is not the one in `base`. */
  readonly serverBase: JsonObject;
  readonly madeAt: string;
  readonly schema: string | null;
  readonly schemaVersion: number;
  readonly collection: string | null;
  readonly effect: CommandSchema["effect"];
  readonly rowId: string | null;
  readonly outcome: Outcome | null;
  readonly settled: boolean;
  readonly shows: Shows;
}

/** A mutation as a push sends it (4.1). */
export interface WireMutation {
  readonly n: number;
  readonly uuid: string;
  readonly command: string;
  readonly arguments: Json;
  readonly base: Json;
  readonly serverBase?: Json;
  readonly madeAt: string;
  readonly schema: string | null;
  readonly schemaVersion: number;
  readonly unsendable?: string;
}

/** Single values of a replica that the sync room keeps. Others may be added; a value is JSON. */
export interface OwnValues {
  readonly device_id: string | null;
  readonly origin_id: string | null;
  /** The id was made here and the server does not know it yet. */
  readonly unannounced: boolean;
  readonly name: string;
  readonly platform: string;
  readonly member_id: string | null;
  /** The next push asks where the server stands (4.7). */
  readonly compare: boolean;
  readonly barrier: readonly [clock: string | null, ackedTo: number];
  /** The offer of a first load that is under way. */
  readonly load: Json;
  readonly next_n: number;
}

export interface StoreApi {
  readonly outbox: OutboxApi;
  readonly numbers: NumbersApi;
  readonly shelf: ShelfApi;
  readonly uploads: UploadsApi;

  get<K extends keyof OwnValues>(key: K): Promise<OwnValues[K] | null>;
  /** Any further value of the sync room, under a name of its own. */
  get(key: `sync.${string}`): Promise<Json>;
  set(values: Partial<OwnValues> & { readonly [key: `sync.${string}`]: Json }): Promise<void>;

  schema(): Promise<MemberSchema | null>;
  /** What the member saw once and does not see now is remembered by its name. */
  putSchema(schema: MemberSchema): Promise<void>;
  /** Before the first registration: keeps `newId` unless there is an id already; the id. */
  nameDevice(newId: string, name: string, platform: string): Promise<string>;
  /** The answer to a registration of `deviceId`; nothing where the device has another id by now. */
  registered(deviceId: string, answer: { readonly memberId: string; readonly lastMutation: number; readonly schema: MemberSchema }): Promise<void>;

  /** What the next page is asked with, read at one instant. */
  standing(): Promise<Standing>;
  /** Keeps the answer to a pull, and shows what is staged if it is the last page. False, and nothing is kept, when the
   * replica stands elsewhere by now. Reads go on meanwhile and see the former rows until all is shown at once. */
  keep(page: Page, asked: Standing): Promise<boolean>;
  /** Keeps a page that came by itself. False, and nothing is kept, when it does not lead on from here: pull. */
  keepLive(page: Page): Promise<boolean>;
  /** Forgets the cursor: the next page begins a fresh load, and answers on their way come too late. `compare`: the server
   * may stand behind us, the next push asks where. */
  beginAfresh(options?: { readonly compare?: boolean }): Promise<void>;
  /** Keeps the rows of the load file `whole` (unpacked: a SQLite file) apart until the pages that follow it are here, and
   * goes on from `cursor`. Raises FileUnusable for what is no such file. */
  importWhole(content: ByteStream, cursor: string): Promise<void>;
  /** Shows the load file `first` while the rest is on its way; only where nothing was to be seen. Raises FileUnusable. */
  showPart(content: ByteStream): Promise<void>;
  /** Whether there is no row of the server's here. */
  isEmpty(): Promise<boolean>;
  /** Whether only a part of the rows is here yet. */
  priming(): Promise<boolean>;

  baseRow(collection: string, id: string): Promise<JsonObject | null>;
  baseRows(collection: string): Promise<readonly JsonObject[]>;
  /** (id, text) in id order, in slices of at most `most` rows behind `after`. */
  baseTexts(collection: string, after?: string, most?: number): Promise<readonly (readonly [id: string, text: string])[]>;
  /** By collection of the schema: over the base rows (3.5). Works in slices. */
  checksums(): Promise<Readonly<Record<string, Checksum>>>;
  /** The hashes of the 1,024 buckets (3.5); fold them with `folded`. */
  bucketHashes(collection: string): Promise<readonly bigint[]>;
  /** id → digest of the rows in one of so many buckets. */
  inBucket(collection: string, bucket: number, buckets: number): Promise<Readonly<Record<string, string>>>;

  /** Bytes on the disk. */
  size(): Promise<number>;
}

export interface OutboxApi {
  pending(limit?: number): Promise<readonly Queued[]>;
  pendingCount(): Promise<number>;
  /** As pendingCount, of what a person entered: without what the device asks for by itself. */
  enteredCount(): Promise<number>;
  /** When the oldest mutation was made that the server has not answered. */
  oldestPending(): Promise<string | null>;
  /** What the next push sends: what is unanswered, and what a server that knows us anew must hear again. */
  toOffer(limit: number): Promise<readonly Queued[]>;
  toOfferCount(): Promise<number>;
  /** What the base rows do not show yet, in order. */
  overlay(): Promise<readonly Queued[]>;
  /** What was answered, but not done, and stands in no completed pull as an inbox entry yet. */
  keptBack(): Promise<readonly Queued[]>;
  /** The highest number that the server has answered; 0: none. */
  answeredTo(): Promise<number>;
  /** As a push sends it (4.1, 4.5). */
  wire(queued: Queued): WireMutation;

  /** Writes down the server's answers. `askedAs`: the device id of the push; the answer to a former id tells nothing about
   * today's numbers. */
  acknowledge(answer: PushAnswer, askedAs: string): Promise<void>;
  /** In one transaction what an answer means for the queue: `doubt` where a comparison was due or the server stands below
   * `answeredTo`, `acknowledge`, and no comparison is due any more. Null, and nothing is kept, where the device has another
   * id than `askedAs` by now; else the uuids that are offered again. */
  takeAnswer(answer: PushAnswer, askedAs: string, answeredTo: number): Promise<ReadonlySet<string> | null>;
  /** The server stands at number `last`: it lost what it answered beyond, so that is unanswered again. Null, or the first
   * number that is still here when `last + 1` was forgotten (`skipTo`). */
  unanswerAfter(last: number): Promise<number | null>;
  /** What was answered up to `last` is offered again; the uuids. `now`: the server's clock. */
  doubt(last: number, now: Date): Promise<ReadonlySet<string>>;
  /** Another copy goes on as `originId`: this one becomes a device of its own, with numbers from 1 (2.2). */
  becomeCopy(deviceId: string, originId: string, now: Date): Promise<void>;
  /** Drops settled mutations that were answered before this instant of the server's. */
  forgetBefore(answeredAt: string): Promise<void>;
}

/** Document numbers out of leased ranges (10). */
export interface NumbersApi {
  /** The next number that nobody was handed, or null. On the disk before it is returned. `holder`: who took it, as long as
   * it stands in no mutation (a tab). */
  take(series: string, holder: string): Promise<string | null>;
  /** How many can be handed out before the next lease. */
  left(series: string): Promise<number>;
  /** Leases of this device whose numbers are all handed out. */
  spent(series: string): Promise<readonly string[]>;
  /** The series that this device has or had leases of. */
  series(): Promise<readonly string[]>;
  /** Whether to ask for more now: fewer than 10 left, fewer than two leases unspent, no request unanswered. */
  runsLow(series: string): Promise<boolean>;
  /** How many the newest lease of the series had. */
  usualCount(series: string): Promise<number>;
  /** Queues that numbers whose holder is gone will be on no document; how many. After a push that went through. */
  settle(isGone: (holder: string) => boolean): Promise<number>;
}

/** Bytes by name, appended to piece by piece: what arrives or is to be sent. Names under `load/` do not survive the load. */
export interface ShelfApi {
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** How many bytes are there; null: nothing of that name. */
  size(name: string): Promise<number | null>;
  /** From byte `from`, at most `most`. */
  read(name: string, from: number, most: number): Promise<Uint8Array>;
  stream(name: string): AsyncIterable<Uint8Array>;
  rename(name: string, to: string): Promise<void>;
  drop(name: string): Promise<void>;
  names(prefix: string): Promise<readonly string[]>;
  /** It was used: others go before it. */
  touch(name: string): Promise<void>;
  /** Drops contents that the server has too, those first that were not used for longest, until they take at most so many
   * bytes; how many went. Never what is to be sent, nor what was used within the hour. */
  evict(mostBytes: number): Promise<number>;
}

/** Files that are to be sent (14). The content stands on the shelf under its `sha256`. */
export interface Upload {
  readonly attachmentId: string;
  readonly sha256: string;
  /** Why the server refused it for good; it is not sent again. */
  readonly code: string | null;
  readonly message: string | null;
}

export interface UploadsApi {
  waiting(): Promise<readonly Upload[]>;
  refused(attachmentId: string, code: string, message: string): Promise<void>;
  done(attachmentId: string): Promise<void>;
}
