/** A member's replica: rows and queue, opened on a driver. Everything here works without a network. */
import type { Group, GroupQuery, ListQuery, ListResult, MemberSchema, Mutated, Row, SearchHit } from "~/device/api";
import { loadPinyin } from "~/values/pinyin";
import type { Entity } from "~/values/description";
import type { Driver } from "./driver";
import { Files, type Keeping, type Listener } from "./files";
import type { Described, SearchedFields } from "./list_tables";
import { Queueing, type Call } from "./queueing";
import { Reading } from "./reading";
import { SearchLeft, Store } from "./store";

export { openMemory, openOpfs, hasOpfs, loadSqlite } from "./sqlite_wasm";
export * from "./errors";
export * from "./pages";
export type { Driver } from "./driver";
export type { Described } from "./list_tables";
export type * from "./store_api";

export interface ReplicaOptions {
  /** What the product says of its rows: see `describedBy`. */
  readonly described: Described;
  /** The version of the sync schema that the app is built for. */
  readonly schemaVersion: number;
  readonly keeping?: Keeping;
  /** The device's clock: a claim. */
  readonly now?: () => Date;
  /** Hears of what goes wrong beside any call. */
  readonly onTrouble?: (wrong: unknown) => void;
}

/** What the replica needs of the description that `yunfan schema` writes. */
export function describedBy(description: { readonly lists: Described["lists"]; readonly listsHash: string; readonly entities: Readonly<Record<string, Entity>> }): Described {
  const searched: Record<string, SearchedFields> = {};
  for (const { collection, searchable, fields } of Object.values(description.entities)) {
    const by: Partial<Record<keyof SearchedFields, string[]>> = {};
    for (const { name, search } of fields) if (search !== null) (by[search] ??= []).push(name);
    if (searchable && Object.keys(by).length > 0 && Object.hasOwn(description.lists, collection)) searched[collection] = by;
  }
  return { lists: description.lists, listsHash: description.listsHash, searched };
}

export class Replica {
  private closed = false;
  private readonly reading: Reading;
  private readonly queueing: Queueing;
  /** To the sync room. */
  readonly store: Store;

  private constructor(
    private readonly files: Files,
    private readonly options: ReplicaOptions,
  ) {
    this.store = new Store(files);
    this.reading = new Reading(files);
    this.queueing = new Queueing(files, this.reading, options.now ?? (() => new Date()), options.schemaVersion);
    this.store.numbers.queue = (command, given) => this.mutate(command, given);
    files.onChange((names) => names.has("*") && this.fillSearch());
  }

  /** Raises ReplicaBusy, ReplicaStale, ReplicaNewer. */
  static async open(driver: Driver, options: ReplicaOptions): Promise<Replica> {
    const [files] = await Promise.all([Files.open(driver, options.described, options.keeping), loadPinyin()]);
    const replica = new Replica(files, options);
    await replica.store.finish();
    replica.fillSearch();
    return replica;
  }

  get kind(): Driver["kind"] {
    return this.files.driver.kind;
  }

  /** The member, once the server has named it. */
  async memberId(): Promise<string | null> {
    return this.store.get("member_id");
  }

  schema(): Promise<MemberSchema | null> {
    return this.store.schema();
  }

  list(query: ListQuery): Promise<ListResult> {
    return this.reading.list(query);
  }

  row(collection: string, id: string): Promise<Row | null> {
    return this.reading.row(collection, id);
  }

  rows(collection: string, ids: readonly string[]): Promise<readonly Row[]> {
    return this.reading.rows(collection, ids);
  }

  groups(query: GroupQuery): Promise<readonly Group[]> {
    return this.reading.groups(query);
  }

  search(text: string, collections?: readonly string[], limit?: number): Promise<readonly SearchHit[]> {
    return this.reading.search(text, collections, limit);
  }

  inbox(): Promise<readonly Row[]> {
    return this.reading.inbox();
  }

  /** Queues a command, and shows it. Raises NotRegistered, UnknownCommand, ArgumentRefused; then nothing is queued. */
  async mutate(command: string, args: Call["args"], key: string | null = null): Promise<Mutated> {
    const [done] = await this.mutateAll([{ command, args }], key);
    if (done === undefined) throw new Error("the key was used for a call that did nothing");
    return done;
  }

  mutateAll(calls: readonly Call[], key: string | null = null): Promise<readonly Mutated[]> {
    return this.queueing.queue(calls, key, async () => undefined);
  }

  /** Queues the attaching of a file whose content stands on the shelf under `sha256`, and that it is to be sent. */
  async attach(command: string, args: Call["args"], sha256: string, key: string | null = null): Promise<Mutated> {
    const [done] = await this.queueing.queue([{ command, args }], key, async (inside, [made]) => {
      await inside.run("INSERT INTO upload (attachment_id, sha256) VALUES (?, ?)", [made?.rowId ?? "", sha256]);
    });
    if (done === undefined) throw new Error("the key was used for a call that did nothing");
    return done;
  }

  takeNumber(series: string, holder: string): Promise<string | null> {
    return this.store.numbers.take(series, holder);
  }

  /** Called after rows of these collections changed; `*`: all of them. */
  onChange(listener: Listener): () => void {
    return this.files.onChange(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.files.driver.close();
  }

  /** Removes everything of the member from the device. */
  async erase(): Promise<void> {
    this.closed = true;
    await this.files.erase();
  }

  private fillSearch(): void {
    this.store.fillSearch(() => this.closed).catch((wrong: unknown) => {
      if (!(wrong instanceof SearchLeft) && !this.closed) this.options.onTrouble?.(wrong);
    });
  }
}
