/** Has the server begin the file of a first load while this device is still opening its own (PROTOCOL.md, 3.4). */
import { encodings } from "./unpacking";

export interface Ahead {
  readonly url: string;
  readonly token: string;
  readonly schemaVersion: number;
  readonly listsHash: string | null;
  readonly fetch?: typeof fetch;
}

/** Whatever comes of it: the load is asked for in a moment, and hears of what is wrong. */
export async function loadAhead({ url, token, schemaVersion, listsHash, fetch: ask = fetch }: Ahead): Promise<void> {
  const body = JSON.stringify({ encodings: encodings(), schemaVersion, ...(listsHash !== null && { lists: listsHash }) });
  try {
    await ask(`${url}/sync/v1/load/ahead`, { method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` }, body });
  } catch {
    return; // no network: there is nothing to be ahead of
  }
}
