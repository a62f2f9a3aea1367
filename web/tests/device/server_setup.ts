/** One server for all files of the run. */
import { YunfanServer } from "../support/yunfan_server";

export default async function setup(): Promise<() => Promise<void>> {
  if (process.env["YUNFAN_URL"] !== undefined) return async () => undefined;
  const server = await YunfanServer.start();
  process.env["YUNFAN_URL"] = server.url;
  return () => server.remove();
}
