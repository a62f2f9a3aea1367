/** Streams of a file's bytes: hashed, unpacked. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { joined } from "./answers";

const MOST_TOGETHER = 64 * 1_048_576; // as much may stand in memory

/** In 64 lower-case hexadecimal digits. */
export async function sha256Of(content: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = new Digest(Number.POSITIVE_INFINITY);
  for await (const piece of content) {
    digest.update(piece);
  }
  return digest.hex();
}

/** A SHA-256 of pieces as they come. The browser's own is ten times faster, but takes all at once: it is used for content
 * of which `bytes` are to come, where that is not too much. Pieces must not change afterwards. */
export class Digest {
  readonly #pieces: Uint8Array[] | null;
  readonly #running = sha256.create();

  constructor(bytes: number) {
    this.#pieces = bytes <= MOST_TOGETHER ? [] : null;
  }

  update(piece: Uint8Array): void {
    if (this.#pieces === null) {
      this.#running.update(piece);
    } else {
      this.#pieces.push(piece);
    }
  }

  /** In 64 lower-case hexadecimal digits. Ends it. */
  async hex(): Promise<string> {
    if (this.#pieces === null) {
      return bytesToHex(this.#running.digest());
    }
    const whole = joined(this.#pieces.splice(0));
    return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
  }
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
