/** The two files of a member, opened and kept together: what is the member's own, and the rows that show.
 *
 * What ties them is a number and a round: the rows say up to which mutation they contain and for which round of the queue
 * their lists are true. A kill between the two files is mended when they are opened.
 */
import type { JsonObject } from "~/values/json";
import { Done, keptEntries, touch, type Touched } from "./done";
import type { Driver, Inside } from "./driver";
import { OwnFile, putMeta, type Generations } from "./own_file";
import { Outbox, type Beneath } from "./outbox";
import type { ListTable } from "~/values/description";
import { quoted, tableOf, type Described } from "./list_tables";
import { addsTo, concerns } from "./overlay";
import { layerIn, RowsFile, rowOf } from "./rows_file";
import { refresh } from "./shown";
import { pause } from "./pace";
import { fillLists } from "./staging";
import { loadPinyin } from "~/values/pinyin";
import type { Queued } from "./store_api";

const OWN = "own";
const QUIET_MS = 100;
const LOOK_MS = 20;
const LONGEST_WAIT_MS = 500;
const KEEPING: Keeping = { from: 1_000, patienceMs: 60 };
const UNRESOLVED = "('open', 'waiting', 'parked')";

/** Which lists are kept in memory once they are asked for: those of more rows than `from`. `patienceMs`: how long a question
 * waits for that. */
export interface Keeping {
  readonly from: number;
  readonly patienceMs: number;
}

export type Listener = (collections: ReadonlySet<string>) => void;

export class Files implements Beneath {
  readonly outbox: Outbox;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Set<Listener>();
  private usedAt = 0;
  private entries: readonly JsonObject[] | null = null;
  private unsubscribe: () => void = () => undefined;

  private constructor(
    readonly driver: Driver,
    readonly described: Described,
    readonly own: OwnFile,
    private rows: RowsFile,
    private arriving: RowsFile | null,
    private shownUnder: Done,
    private readonly keeping: Keeping,
  ) {
    this.outbox = new Outbox(own, this);
    this.listen();
  }

  static async open(driver: Driver, described: Described, keeping: Keeping = KEEPING): Promise<Files> {
    const own = await OwnFile.over(await driver.open(OWN, "own"));
    const generations = await own.generations();
    await dropOthers(driver, generations);
    const rows = await openRows(driver, generations.shown, described);
    const next = generations.next === null ? null : await openRows(driver, generations.next, described);
    const files = new Files(driver, described, own, rows, next, new Done([], [], null), keeping);
    await files.mend();
    return files;
  }

  /** The rows that show. */
  get shown(): RowsFile {
    return this.rows;
  }

  /** The rows that will take their place; null: nothing is on its way to. */
  get next(): RowsFile | null {
    return this.arriving;
  }

  /** Where pages go. */
  get standing(): RowsFile {
    return this.arriving ?? this.rows;
  }

  get done(): Done {
    return this.shownUnder;
  }

  /** Somebody asks or does something. */
  used(): void {
    this.usedAt = performance.now();
  }

  /** For work that nobody waits for: until nothing was asked for a moment, or it has waited long enough. */
  async quiet(): Promise<void> {
    const until = performance.now() + LONGEST_WAIT_MS;
    do await new Promise((after) => setTimeout(after, performance.now() - this.usedAt < QUIET_MS ? LOOK_MS : 0));
    while (performance.now() - this.usedAt < QUIET_MS && performance.now() < until);
  }

  /** Reads columns of a list into memory, unless they are there or the list is short; what else its description names comes
   * behind them. Waits for it, if at all, for a moment: the file is slower, but it answers. */
  async keep(list: ListTable, names: readonly string[], waits: boolean): Promise<void> {
    const file = this.rows;
    if (file.lists.of(list.collection, names) !== null || (await this.isShort(file, list))) return;
    const slices = { tx: file.tx.bind(file), pause, layer: layerIn };
    const done = file.lists.read(list, names, slices);
    done.then(() => file.lists.read(list, list.kept, slices)).catch(() => undefined); // the next question hears of it
    if (waits) await Promise.race([done, new Promise((after) => setTimeout(after, this.keeping.patienceMs))]);
  }

  private async isShort(file: RowsFile, list: ListTable): Promise<boolean> {
    return (await file.query(`SELECT 1 FROM ${tableOf(list)} LIMIT 1 OFFSET ${this.keeping.from}`)).length === 0;
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined); // whoever waits in turn has no part in it; `mine` carries the error
    return mine;
  }

  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(collections: ReadonlySet<string>): void {
    for (const listener of this.listeners) listener(collections);
  }

  async contained(): Promise<number> {
    return this.rows.meta.contained;
  }

  /** The lists follow the queue. Inside `alone`. */
  async follow(): Promise<void> {
    await this.showUnder(await this.doneNow(this.rows));
  }

  /** Behind mutations that were queued: the lists show them. Inside `alone`. */
  async followNewest(newest: readonly Queued[]): Promise<void> {
    const done = this.shownUnder;
    const touched: Touched = new Map();
    for (const queued of newest) {
      done.add(queued);
      for (const [collection, id] of concerns(queued)) touch(touched, collection, id);
      for (const collection of addsTo(queued)) if (!touched.has(collection)) touched.set(collection, new Set());
    }
    const round = await this.own.overlayRound();
    await this.rows.tx(async (inside, put) => {
      await refresh(inside, this.described, touched, done, { newest, layer: this.rows.meta.layer });
      await put({ overlay_round: round });
    });
  }

  async showUnder(done: Done): Promise<void> {
    const round = await this.own.overlayRound();
    const touched = done.changedSince(this.shownUnder);
    await this.rows.tx(async (inside, put) => {
      await refresh(inside, this.described, touched, done, { layer: this.rows.meta.layer });
      await put({ overlay_round: round });
    });
    this.shownUnder = done;
  }

  /** Inside the transaction of a page that `done` was shown with. */
  shownNow(done: Done): void {
    this.shownUnder = done;
  }

  /** The rows' file hears of another numbering of the queue. Inside `alone`. */
  async renumbered(): Promise<void> {
    const numbering = await this.own.numbering();
    for (const file of [this.rows, this.arriving]) {
      if (file === null || file.meta.numbering === numbering.id) continue;
      const fresh = numbering.afresh && { cursor: null };
      await file.put({ numbering: numbering.id, contained: Math.min(file.meta.contained, numbering.most), step: file.meta.step + 1, ...fresh });
    }
    if (numbering.afresh && this.arriving !== null) await this.dropNext();
  }

  /** What the rows of `file` are shown under now. `contained`: if it is another than the file's. */
  async doneNow(file: RowsFile, contained = file.meta.contained, inbox?: readonly JsonObject[]): Promise<Done> {
    const memberId = (await this.own.get("member_id")) as string | null;
    const entries = inbox ?? (await this.inboxOf(file));
    const kept = keptEntries(entries, this.rows.meta.schema, memberId);
    const queue = await this.outbox.behind(contained);
    return new Done([...kept, ...queue.keptBack], queue.overlay, memberId);
  }

  get knowsInbox(): boolean {
    return this.entries !== null;
  }

  /** The inbox changed: it is read anew. */
  forgetInbox(): void {
    this.entries = null;
  }

  private async inboxOf(file: RowsFile): Promise<readonly JsonObject[]> {
    if (file === this.rows && this.entries !== null) return this.entries;
    const found = await unresolved(file);
    if (file === this.rows) this.entries = found;
    return found;
  }

  /** Makes a file for rows that will take the place of all. It does not count until `awaitNext`. */
  async makeNext(content?: Parameters<Driver["open"]>[2]): Promise<{ readonly number: number; readonly file: RowsFile }> {
    const { shown, next, free } = await this.own.generations();
    await this.own.set({ generations: { shown, next, free: free + 1 } });
    const name = nameOf(free);
    const file = await RowsFile.over(name, await this.driver.open(name, "rows", content), this.described);
    return { number: free, file };
  }

  /** From now on pages go there. Inside `alone`. */
  async awaitNext(number: number, file: RowsFile): Promise<void> {
    const before = this.arriving;
    const { shown, free } = await this.own.generations();
    await this.own.set({ generations: { shown, next: number, free } });
    this.arriving = file;
    if (before !== null) await this.driver.drop(before.name);
  }

  /** Nothing is on its way any more. Inside `alone`. */
  async dropNext(): Promise<void> {
    const before = this.arriving;
    if (before === null) return;
    const { shown, free } = await this.own.generations();
    await this.own.set({ generations: { shown, next: null, free } });
    this.arriving = null;
    await this.driver.drop(before.name);
  }

  /** The rows of `file` are the ones that show, at this moment. Its lists are true under `done`. Inside `alone`. */
  async showNext(number: number, file: RowsFile, done: Done): Promise<void> {
    const before = this.rows;
    await this.own.tx(async (inside) => {
      const { free } = await this.own.generationsIn(inside);
      await putMeta(inside, { generations: { shown: number, next: null, free } satisfies Generations });
    });
    this.rows = file;
    this.arriving = null;
    this.entries = null;
    this.shownUnder = done;
    this.listen();
    this.used(); // whoever sees lists asks anew
    await this.driver.drop(before.name);
    this.tell(new Set(["*"]));
  }

  /** Nothing is left of the member. */
  async erase(): Promise<void> {
    await this.alone(async () => {
      for (const name of await this.driver.names()) await this.driver.drop(name);
      await this.driver.close();
    });
  }

  private listen(): void {
    this.unsubscribe();
    this.unsubscribe = this.rows.db.onChange((names) => this.tell(names));
  }

  /** What a kill or another version of the app has left. */
  private async mend(): Promise<void> {
    await this.renumbered();
    const isNew = await this.rows.makeLists(this.described);
    const isBehind = this.rows.meta.overlay_round !== (await this.own.overlayRound());
    if (isNew || isBehind) await loadPinyin(); // lists have keys of it
    if (isNew) await fillLists(this.rows, this.described);
    const done = await this.doneNow(this.rows);
    if (isBehind) await this.showAnew(done);
    this.shownUnder = done;
  }

  /** Every row that shows otherwise than the base, or should. */
  async showAnew(done: Done, file: RowsFile = this.rows): Promise<void> {
    const round = await this.own.overlayRound();
    await file.tx(async (inside, put) => {
      const touched: Touched = done.all();
      for (const list of Object.values(this.described.lists)) {
        const ours = await inside.query(`SELECT id FROM ${quoted(list.table)} WHERE _state IS NOT NULL OR _data IS NOT NULL`);
        for (const [id] of ours) touch(touched, list.collection, String(id));
      }
      for (const collection of done.added()) if (!touched.has(collection)) touched.set(collection, new Set());
      await refresh(inside, this.described, touched, done, { layer: file.meta.layer });
      await put({ overlay_round: round });
    });
  }
}

export async function unresolved(file: Pick<Inside, "query">): Promise<readonly JsonObject[]> {
  const found = await file.query(`SELECT data FROM base WHERE collection = 'inbox' AND json_extract(data, '$.state') IN ${UNRESOLVED}`);
  return found.map(([text]) => rowOf(String(text)));
}

export function nameOf(generation: number): string {
  return `rows-${generation}`;
}

async function openRows(driver: Driver, generation: number, described: Described): Promise<RowsFile> {
  const name = nameOf(generation);
  return RowsFile.over(name, await driver.open(name, "rows"), described);
}

/** Files that a kill left before they counted, or after they did. */
async function dropOthers(driver: Driver, { shown, next }: Generations): Promise<void> {
  const ours = [nameOf(shown), ...(next === null ? [] : [nameOf(next)])];
  for (const name of await driver.names()) if (name.startsWith("rows-") && !ours.includes(name)) await driver.drop(name);
}
