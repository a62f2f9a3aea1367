/** What arrives on the shelf beside the replica, piece by piece. */
import type { ShelfApi } from "~/replica/store_api";
import { joined } from "./answers";

const PIECE_BYTES = 256 * 1024;

/** In pieces that are worth a write. What came is told also where its source breaks off, before that error. */
export async function* gathered(pieces: AsyncIterable<Uint8Array>, least = PIECE_BYTES): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let failure: { readonly wrong: unknown } | null = null;
  const source = pieces[Symbol.asyncIterator]();
  try {
    while (failure === null) {
      const next = await source.next().catch((wrong: unknown) => {
        failure = { wrong };
        return null;
      });
      if (next === null || next.done === true) break;
      waiting.push(next.value);
      bytes += next.value.byteLength;
      if (bytes >= least) {
        bytes = 0;
        yield joined(waiting.splice(0));
      }
    }
    if (bytes > 0) yield joined(waiting.splice(0));
  } finally {
    await source.return?.();
  }
  if (failure !== null) throw (failure as { readonly wrong: unknown }).wrong;
}

/** Appends in pieces that are worth a write. What came is kept also where its source breaks off. `grew`: after each write,
 * how many bytes it had. */
export async function appendAll(
  shelf: ShelfApi,
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  grew: (bytes: number) => void = () => undefined,
): Promise<void> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    if (bytes > 0) {
      await shelf.append(name, joined(waiting));
      grew(bytes);
      waiting = [];
      bytes = 0;
    }
  };
  try {
    for await (const piece of pieces) {
      waiting.push(piece);
      bytes += piece.byteLength;
      if (bytes >= PIECE_BYTES) {
        await write();
      }
    }
  } finally {
    await write();
  }
}

/** A part from its beginning, in pieces that fit a stream. */
export async function* piecesOn(shelf: ShelfApi, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of shelf.stream(name)) {
    yield piece as Uint8Array<ArrayBuffer>; // nothing here is shared between threads
  }
}
