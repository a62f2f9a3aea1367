/** What was typed and not saved yet, kept on this device for this member: a closed tab or an empty battery costs nothing.
 *
 * Under one key there may be several drafts, each held by the tab that writes it: two tabs with a new order are two orders.
 * What nobody holds any more, because its tab is gone, is offered to the next one that opens such a sheet, the newest first.
 */
import type { KeptHere } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { uuid7 } from "~/values/uuid7";

export interface HeldDraft {
  /** What was found; null: nothing that is not held elsewhere, or this browser keeps nothing. */
  readonly found: JsonObject | null;
  /** How many further ones wait for a tab. */
  readonly others: number;
  write(draft: JsonObject): Promise<void>;
  drop(): Promise<void>;
  /** The next one that asks may have it. */
  release(): Promise<void>;
}

export interface Holding {
  readonly kept: KeptHere;
  /** Whose drafts: a member of a company. */
  readonly member: string;
  readonly key: string;
  /** A draft whose document is on its way already (the tab went between the two) is no draft any more. */
  readonly isSaved?: (draft: JsonObject) => Promise<boolean>;
  /** A place of its own, whatever lies there. */
  readonly anew?: boolean;
  readonly locks?: LockManager;
}

const PREFIX = "draft ";
/** Between a key and what tells its drafts apart. */
const MARK = " @";
/** How long a draft is waited for that this very tab held before it was loaded anew: the browser frees it a moment later. */
const RELOADED_MS = 3_000;
const HELD_HERE = "yunfan.drafts";

/** Takes the newest draft that nobody holds, else a place for a new one. */
export async function holdDraft(holding: Holding): Promise<HeldDraft> {
  const { kept, member, key, locks = navigator.locks } = holding;
  const prefix = PREFIX + key;
  const names = await slotsOf(kept, prefix);
  const taken = holding.anew === true ? null : await firstFree(holding, locks, names);
  const name = taken?.name ?? `${prefix}${MARK}${uuid7()}`;
  const release = taken?.release ?? (await held(locks, lockName(member, name), RELOADED_MS));
  if (release === null) throw new Error(`nobody else can hold ${name}`);
  note(name, true);
  const inUse = new Set((await locks.query()).held?.map((lock) => lock.name));
  return {
    found: taken?.found ?? null,
    others: (await slotsOf(kept, prefix)).filter((one) => one !== name && !inUse.has(lockName(member, one))).length,
    write: (draft) => kept.write(name, draft),
    drop: () => kept.write(name, null),
    release: () => {
      note(name, false);
      return release();
    },
  };
}

interface Taken {
  readonly name: string;
  readonly found: JsonObject;
  readonly release: () => Promise<void>;
}

async function firstFree({ kept, member, isSaved }: Holding, locks: LockManager, names: readonly string[]): Promise<Taken | null> {
  for (const name of names) {
    const wasMine = heldBefore().includes(name);
    const release = await held(locks, lockName(member, name), wasMine ? RELOADED_MS : 0);
    if (release === null) {
      if (wasMine) note(name, false); // a copy of this tab: the other one goes on with it
      continue;
    }
    // Only now: whoever held it wrote until then.
    const found = (await kept.read(name)) as JsonObject | null;
    const isOver = found !== null && ((await isSaved?.(found)) ?? false);
    if (found !== null && !isOver) return { name, found, release };
    if (isOver) await kept.write(name, null);
    await release();
  }
  return null;
}

/** Names under which drafts of this key lie: what this tab held comes first, then newest first. */
async function slotsOf(kept: KeptHere, prefix: string): Promise<readonly string[]> {
  const rests = [...(await kept.under(prefix)).keys()].filter((rest) => rest === "" || rest.startsWith(MARK));
  const before = heldBefore();
  const names = rests.toSorted((one, other) => (one < other ? 1 : -1)).map((rest) => prefix + rest);
  return [...names.filter((name) => before.includes(name)), ...names.filter((name) => !before.includes(name))];
}

const lockName = (member: string, name: string): string => `yunfan/${member}/${name}`;

/** How to let go of it; null: another one has it. */
function held(locks: LockManager, name: string, patienceMs: number): Promise<(() => Promise<void>) | null> {
  const options = patienceMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(patienceMs) };
  return new Promise((done, failed) => {
    const over = Promise.withResolvers<void>();
    const ended: Promise<unknown> = locks.request(name, options, (lock) => {
      if (lock === null) return done(null);
      done(async () => {
        over.resolve();
        await ended;
      });
      return over.promise;
    });
    ended.catch((wrong: unknown) => (wrong instanceof DOMException && wrong.name === "TimeoutError" ? done(null) : failed(wrong)));
  });
}

/** The tab's own note of what it holds, for when it is loaded anew: names alone, nothing that was typed. */
function heldBefore(): readonly string[] {
  return (globalThis.sessionStorage?.getItem(HELD_HERE) ?? "").split("\n").filter((name) => name !== "");
}

function note(name: string, isHeld: boolean): void {
  const others = heldBefore().filter((one) => one !== name);
  globalThis.sessionStorage?.setItem(HELD_HERE, (isHeld ? [name, ...others] : others).join("\n"));
}
