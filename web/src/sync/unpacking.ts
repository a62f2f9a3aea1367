/** Streams of a file's bytes: hashed, unpacked. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** In 64 lower-case hexadecimal digits. */
export async function sha256Of(content: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = sha256.create();
  for await (const piece of content) {
    digest.update(piece);
  }
  return bytesToHex(digest.digest());
}

/** What this browser or Node unpacks, best first. */
export function encodings(): readonly string[] {
  return ["zstd", "gzip"].filter((name) => decompression(name) !== null);
}

/** The unpacked bytes, as they are asked for: never the whole of them at once. Fails where the content is not packed so. */
export function unpacked(content: AsyncIterable<Uint8Array<ArrayBuffer>>, encoding: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const unpacking = decompression(encoding);
  if (unpacking === null) {
    throw new TypeError(`no way to unpack ${encoding}`);
  }
  return streamOf(content).pipeThrough(unpacking);
}

function decompression(encoding: string): DecompressionStream | null {
  try {
    return new DecompressionStream(encoding as CompressionFormat);
  } catch {
    return null; // not one of those that are known here
  }
}

/** Not every browser has `ReadableStream.from`. */
function streamOf(content: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = content[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
