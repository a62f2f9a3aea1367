/** Files that the server made for one reader: an export, behind a link that works once. */
import type { Transport } from "./transport";

const LINKS = "/downloads/";

/** Raises SyncRefused, NoNetwork. */
export async function downloaded(transport: Transport, path: string): Promise<Blob> {
  if (!path.startsWith(LINKS)) {
    throw new Error(`no link to a file: ${path.slice(0, 60)}`);
  }
  const answer = await transport.stream(path, {});
  if (answer.status !== 200) {
    throw await transport.refusalIn(answer);
  }
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of answer.pieces) {
    pieces.push(piece);
  }
  return new Blob(pieces, { type: answer.headers.get("content-type") ?? "application/octet-stream" });
}
