/** What a first load would take without the server's files: for builds that are made for measuring. */
import type { Device } from "~/device/api";

/** Inserts `count` of the device's customers anew, one by one, in a worker of its own; milliseconds. */
export async function insertRowByRow(device: Device, count: number): Promise<number> {
  const texts: string[] = [];
  for (let offset = 0; offset < count; offset += 5_000) {
    const { rows } = await device.list({ collection: "customers", orderBy: [{ field: "code" }], limit: 5_000, offset });
    for (const shown of rows) {
      const { _state: _, ...row } = shown;
      texts.push(JSON.stringify(row));
    }
  }
  const worker = new Worker(new URL("./row_by_row_worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<number>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<number>) => resolve(event.data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(texts);
    });
  } finally {
    worker.terminate();
  }
}
