/** Where a member's files lie: in a folder of the origin's private file system, else in memory with the queue in
 * IndexedDB. */
import { type Driver, openMemory, openOpfs } from "~/replica/index";
import { canKeepFiles, hasFiles } from "./folders";
import { KeptMemory } from "./kept_memory";
import type { Entry, Ledger } from "./ledger";

export interface Storing {
  readonly driver: Driver;
  /** There were files once, and the browser cleared them. */
  readonly evicted: boolean;
}

/** `filesHere`: whether the page, which knows of private windows, sees files. Raises ReplicaBusy; an error where files that
 * are there cannot be had, rather than showing an empty replica beside them. */
export async function openStoring(entry: Entry, ledger: Ledger, filesHere: boolean): Promise<Storing> {
  const there = filesHere && (await hasFiles(entry.folder));
  if (filesHere && (await canKeepFiles(entry.folder))) {
    const driver = await openOpfs(entry.folder);
    await ledger.change(entry.key, (found) => ({ ...found, filled: true }));
    return { driver, evicted: entry.filled && !there };
  }
  if (there) throw new Error("the files of this account cannot be opened in this browser now");
  return { driver: new KeptMemory(await openMemory(), ledger, `${entry.key}/`), evicted: entry.filled };
}

const MOST_SHELF_BYTES = 200 * 1024 * 1024;

/** How many bytes files may take that the server has too: not more than a third of what the browser grants this origin. What
 * it says to be in use is not asked: it counts open files several times over. */
export async function shelfBytes(): Promise<number> {
  const { quota } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined || quota === 0 ? MOST_SHELF_BYTES : Math.min(MOST_SHELF_BYTES, Math.floor(quota / 3));
}
