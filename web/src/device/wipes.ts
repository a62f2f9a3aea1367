/** Wipes that a kill cut off are taken up when the app starts, before anybody signs in. */
import type { Parts } from "./accounts";
import type { Ledger } from "./ledger";
import { type FromWorker, hasFileSystem, type ToWorker } from "./leadership";
import { leaderLock } from "./names";
import { unlock } from "./sealing";

const LONGEST_MS = 60_000;

/** Each in a worker of its own, unless another tab is at it. What cannot be finished now is taken up at the next start. */
export async function finishWipes(ledger: Ledger, parts: Parts): Promise<void> {
  for (const key of await ledger.wipes()) {
    await navigator.locks.request(leaderLock(key), { ifAvailable: true }, async (lock) => {
      if (lock !== null) await finishWipe(ledger, key, parts);
    });
  }
}

async function finishWipe(ledger: Ledger, key: string, { app, newWorker }: Parts): Promise<void> {
  const entry = await ledger.entry(key);
  // With a PIN the token stays locked: then what was not sent is counted, but not sent.
  const accountKey = entry?.lock.kind === "none" ? await unlock(key, entry.lock.sealed, entry.deviceKey, null) : null;
  const worker = newWorker();
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, LONGEST_MS);
    const ended = (): void => {
      clearTimeout(late);
      resolve();
    };
    worker.onerror = ended;
    worker.onmessage = (event: MessageEvent<FromWorker>) => {
      if (event.data.kind === "failed" || event.data.kind === "left") ended();
    };
    worker.postMessage({ kind: "start", key, tab: "", app, accountKey, files: hasFileSystem() } satisfies ToWorker);
  });
  worker.terminate();
}
