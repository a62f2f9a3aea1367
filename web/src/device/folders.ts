/** The folders of the origin's private file system, one for each account. */

const ATTEMPTS = 10;
const FIRST_WAIT_MS = 50;

const PREFIX = "yunfan-";

export function newFolder(): string {
  return PREFIX + crypto.randomUUID();
}

/** Removes the folders of accounts that are not there any more: a kill came between forgetting and erasing. `known` is asked
 * after the folders were listed: an account is written down before it has one. */
export async function eraseOthers(known: () => Promise<ReadonlySet<string>>): Promise<void> {
  const found = await root();
  if (found === null) return;
  const names: string[] = [];
  for await (const name of found.keys()) names.push(name);
  const wanted = await known();
  for (const name of names) if (name.startsWith(PREFIX) && !wanted.has(name)) await eraseFolder(name);
}

/** The root; null where this browser (or a private window) has none. */
async function root(): Promise<FileSystemDirectoryHandle | null> {
  if (typeof navigator.storage?.getDirectory !== "function") return null;
  try {
    return await navigator.storage.getDirectory();
  } catch (wrong) {
    if (wrong instanceof DOMException) return null;
    throw wrong;
  }
}

/** Whether the folder is there with anything in it. */
export async function hasFiles(folder: string): Promise<boolean> {
  const found = await root();
  if (found === null) return false;
  try {
    const handle = await found.getDirectoryHandle(folder);
    return (await handle.keys().next()).done !== true;
  } catch (wrong) {
    if (wrong instanceof DOMException && wrong.name === "NotFoundError") return false;
    throw wrong;
  }
}

/** Removes the folder and all in it. Nothing, where there is none. Handles that a worker held shortly before its end are
 * released a moment later: it is tried for some seconds. */
export async function eraseFolder(folder: string): Promise<void> {
  const found = await root();
  if (found === null) return;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await found.removeEntry(folder, { recursive: true });
    } catch (wrong) {
      if (!(wrong instanceof DOMException)) throw wrong;
      if (wrong.name === "NotFoundError") return;
      if (attempt === ATTEMPTS) throw wrong;
    }
    await new Promise((after) => setTimeout(after, FIRST_WAIT_MS * 1.5 ** attempt));
  }
}

/** Whether files with synchronous handles can be made here, which takes a dedicated worker. */
export async function canKeepFiles(folder: string): Promise<boolean> {
  const found = await root();
  if (found === null || typeof FileSystemSyncAccessHandle === "undefined") return false;
  try {
    const handle = await found.getDirectoryHandle(folder, { create: true });
    const file = await handle.getFileHandle("probe", { create: true });
    (await file.createSyncAccessHandle()).close();
    await handle.removeEntry("probe");
    return true;
  } catch (wrong) {
    if (wrong instanceof DOMException || wrong instanceof TypeError) return false;
    throw wrong;
  }
}
