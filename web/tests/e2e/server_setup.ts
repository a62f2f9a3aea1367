/** Starts the server of a run and ends it. YUNFAN_E2E (`port data-directory`) names one that is there; it is left running. */
import { YunfanServer } from "../support/yunfan_server.ts";

export default async function setUp(): Promise<() => Promise<void>> {
  if (process.env["YUNFAN_E2E"] !== undefined) return () => Promise.resolve();
  const server = await YunfanServer.start();
  process.env["YUNFAN_E2E"] = `${server.port} ${server.data}`;
  // A test may have stopped and started it: whoever runs by that name ends.
  return () => YunfanServer.known(server.port, server.data).remove();
}
