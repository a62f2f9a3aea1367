/** What a page may ask of the device: the rows as the member sees them, changes to them, and how far they are.
 *
 * Every call goes to the one worker that holds the member's replica, in this tab or another one. Reads never wait for
 * a network; `mutate` is on the disk when its promise is fulfilled.
 */
import type { Json, JsonObject } from "~/values/json";

/** How far a row is on its way; null: as the server has it. "inbox": needs a decision. */
export type RowState = "pending" | "waiting" | "parked" | "inbox" | null;

/** A row as the member sees it: base under overlay. Fields as in sync/vectors/schema.json. */
export interface Row {
  readonly id: string;
  readonly version: number;
  readonly _state: RowState;
  readonly [field: string]: Json;
}

export type Operator =
  | "eq" | "ne" | "in" | "lt" | "le" | "gt" | "ge" | "contains" | "startsWith" | "empty" | "filled" | "has";

/** `has`: a list field holds one of the values. Custom fields are named `custom.<key>`; `_state` may be filtered too. */
export interface Condition {
  readonly field: string;
  readonly op: Operator;
  readonly value?: Json;
}

export interface Order {
  readonly field: string;
  readonly desc?: boolean;
}

/** Rows of one collection. `text`: what was typed into its search box (name, code, phone, pinyin, initials). */
export interface ListQuery {
  readonly collection: string;
  readonly where?: readonly Condition[];
  readonly text?: string;
  /** Without: rows in use. */
  readonly archived?: "only" | "all";
  /** Names sort by their pinyin key. Without: last changed first. */
  readonly orderBy?: readonly Order[];
  readonly limit: number;
  readonly offset?: number;
}

export interface ListResult {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** One group of rows that share a field's value. `sums`: as exact decimals in text. */
export interface Group {
  readonly value: Json;
  readonly count: number;
  readonly sums: Readonly<Record<string, string>>;
}

export interface GroupQuery extends Omit<ListQuery, "limit" | "offset" | "orderBy"> {
  /** Without: all rows are one group, `value` null. An instant or date may be cut: "day", "month", "year". */
  readonly by?: string;
  readonly cut?: "day" | "month" | "year";
  /** By whose days an instant is cut, IANA. Without: the company's; where that is not known, UTC. */
  readonly zone?: string;
  readonly sums?: readonly string[];
}

export interface SearchHit {
  readonly collection: string;
  readonly row: Row;
}

/** What is known about getting in touch with the server. */
export interface SyncStatus {
  /** "starting": nothing to be seen yet; "loading": a first part is shown, more is on its way. */
  readonly phase: "starting" | "loading" | "ready";
  /** How much of the first load has come, 0 to 1. */
  readonly progress: number | null;
  readonly online: boolean;
  readonly syncing: boolean;
  readonly pending: number;
  /** Of the member's own edits that did not go through by themselves: behind another one, for the subscription, for a decision. */
  readonly parked: number;
  readonly waiting: number;
  readonly needsAttention: number;
  /** Files that have not gone up yet. */
  readonly uploads: number;
  /** Files that the server did not take: they are on this device alone (`Device.refusedFiles`). */
  readonly refusedFiles: number;
  /** By the device's clock, RFC 3339; null: never. */
  readonly lastContactAt: string | null;
  /** When it is tried again, where the server or the network made it wait. */
  readonly nextAttemptAt: string | null;
  /** Why nothing goes out or comes in although the server answers: a refusal's code and its sentences. */
  readonly trouble: Trouble | null;
  /** "memory": without OPFS; rows are gone with the page, what was entered is kept. */
  readonly storage: "opfs" | "memory";
  readonly persistent: boolean | null;
  /** The app's rows were cleared by the browser since the last visit. */
  readonly evicted: boolean;
  /** A newer app is in use in another tab, or the server asks for one. */
  readonly outdated: boolean;
}

export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** The refusal of a command or question: a closed set of codes, sentences in the member's language. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly code: string,
    message: string,
    readonly remedy = "",
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

/** No answer from the server. What needs it was not done. */
export class NoNetwork extends Error {
  override readonly name = "NoNetwork";
}

export interface Mutated {
  /** Of the row that the command concerns, made here where it creates. */
  readonly rowId: string | null;
  /** The ids made for rows that came along, by argument: `{lines: [...]}`. */
  readonly childIds: Readonly<Record<string, readonly string[]>>;
}

/** A member's own file that hangs on a row. */
export interface NewFile {
  readonly entity: string;
  readonly rowId: string;
  readonly file: Blob;
  readonly fileName: string;
  readonly stripMetadata?: boolean;
}

/** A file whose content the server does not keep. `open` gives it back here until its attachment is removed. */
export interface RefusedFile {
  readonly attachmentId: string;
  /** Why, in the words of the server. */
  readonly message: string;
}

/** What the sync schema lets this member do: collections, fields, commands (PROTOCOL.md, 2.1). */
export interface MemberSchema {
  readonly hash: string;
  readonly collections: Readonly<Record<string, { readonly entity: string; readonly archivable: boolean; readonly fields: Readonly<Record<string, string>> }>>;
  readonly commands: Readonly<Record<string, CommandSchema>>;
}

export interface CommandSchema {
  readonly collection: string | null;
  readonly effect: "create" | "edit" | "archive" | "restore" | "transition" | "none";
  readonly fields: readonly string[];
  readonly merges: boolean;
  readonly sets: JsonObject;
  readonly children: Readonly<Record<string, { readonly collection: string; readonly parent: string }>>;
  readonly adds: JsonObject | null;
  readonly takes: JsonObject | null;
}

/** What the company may use now: GraphQL TenantSummary.access, as the device heard it last. */
export interface CompanyAccess {
  readonly state: "trial" | "active" | "read_only";
  /** RFC 3339; null: no end. */
  readonly endsAt: string | null;
  readonly trialEndsAt: string;
  /** Codes of the modules in force. */
  readonly modules: readonly string[];
  /** Those of them that are free while the trial runs and were not bought. Unknown to an account that an older app kept. */
  readonly onTrial?: readonly string[];
  /** Modules that the company has asked for and not bought since, and when (RFC 3339). Unknown to such an account, too. */
  readonly requests?: readonly { readonly code: string; readonly requestedAt: string }[];
  readonly writable: boolean;
  /** Why nothing can be changed, and what to do, where `writable` is false; in the member's language. */
  readonly reason: string | null;
  readonly remedy: string | null;
  /** Of the company's books: what new documents stand in, and by which days are told apart (IANA). */
  readonly baseCurrency: string;
  readonly timeZone: string;
}

export interface Me {
  readonly memberId: string;
  readonly memberName: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly orgCode: string;
  readonly language: "zh-CN" | "en";
  readonly permissions: readonly string[];
  /** As the server said last; null: not heard yet. */
  readonly access: CompanyAccess | null;
}

/** What pages keep of the member on this device beside the replica: drafts, small choices. It goes with the account. */
export interface KeptHere {
  /** null: there is none, or this browser keeps nothing. */
  read(name: string): Promise<Json>;
  /** Null removes. */
  write(name: string, value: Json): Promise<void>;
  /** All whose names begin so, by the rest of their names. */
  under(prefix: string): Promise<ReadonlyMap<string, Json>>;
}

/** One member's replica, wherever the tab stands. */
export interface Device {
  readonly me: Me;
  readonly kept: KeptHere;
  schema(): Promise<MemberSchema | null>;
  list(query: ListQuery): Promise<ListResult>;
  row(collection: string, id: string): Promise<Row | null>;
  /** By id, those that are there, archived ones too: what references are called. */
  rows(collection: string, ids: readonly string[]): Promise<readonly Row[]>;
  groups(query: GroupQuery): Promise<readonly Group[]>;
  search(text: string, collections?: readonly string[], limit?: number): Promise<readonly SearchHit[]>;
  /** Unresolved entries that nobody has decided about here, newest first. */
  inbox(): Promise<readonly Row[]>;

  /** Queues a command. Raises Refused for arguments that no queue takes. Twice with one `key`: done once; with other arguments than
   * at the first time it is refused (KEY_REUSED) and nothing is done. */
  mutate(command: string, args: JsonObject, key?: string): Promise<Mutated>;
  /** Several commands, all or none of them, in order. */
  mutateAll(calls: readonly { readonly command: string; readonly args: JsonObject }[], key?: string): Promise<readonly Mutated[]>;
  /** The next document number of a series, or null: the server gives one. Taken for good. */
  takeNumber(series: string): Promise<string | null>;
  attach(file: NewFile, key?: string): Promise<Mutated>;
  refusedFiles(): Promise<readonly RefusedFile[]>;
  /** The content of an attachment: from this device, else from the server. Raises NoNetwork, Refused. */
  open(attachmentId: string): Promise<Blob>;

  /** The file behind a link that the server gave (`/downloads/…`); a link gives its file once. Raises NoNetwork, Refused. */
  download(path: string): Promise<Blob>;

  /** A GraphQL document of graphql/operations/, by name. Raises Refused, NoNetwork. */
  ask<T>(operation: string, variables?: JsonObject): Promise<T>;

  /** The person reads another language now: sentences come in it from here on. */
  languageChanged(): void;

  status(): SyncStatus;
  /** Exchanges with the server now. */
  sync(): Promise<void>;
  /** Called after rows of these collections changed (`*`: any), here or by others. */
  onChange(collections: readonly string[], listener: () => void): () => void;
  onStatus(listener: (status: SyncStatus) => void): () => void;
  /** Called when the use ends by itself, with why: signed out in another tab, locked or erased by the company's rules. */
  onEnd(listener: (why: Error) => void): () => void;

  /** Ends the sign-in here. `wipe`: everything of this member leaves the device, unsent edits too. */
  signOut(options: { readonly wipe: boolean }): Promise<void>;
  /** Stops using the replica in this tab. */
  close(): void;
}
