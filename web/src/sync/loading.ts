/** The first load: files that the server made, fetched in ranges, checked, imported at once (PROTOCOL.md, 3.4). */
import { NoNetwork } from "~/device/api";
import type { ByteStream, StoreApi } from "~/replica/store_api";
import { FileUnusable } from "~/replica/errors";
import type { Json, JsonObject } from "~/values/json";
import { ATTEMPTS, grown, jitter } from "./backoff";
import { Stopped, SyncRefused, unreachable } from "./errors";
import { gathered, piecesOn } from "./shelving";
import type { Transport } from "./transport";
import { Digest, encodings, unpacked } from "./unpacking";
import { type Sleep, sleep } from "./waiting";

const OFFERS = 3; // of files that are not there, or not what was announced, until pages bring the rows
const SERVER_FAILS = 500; // and above
const OUTDATED: ReadonlySet<string> = new Set(["LOAD_OUTDATED", "RANGE_BEYOND_END"]);
export const LOAD_PARTS = "load/";

interface LoadFile {
  readonly name: string;
  readonly path: string;
  readonly encoding: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

interface Offer {
  readonly cursor: string;
  readonly files: readonly LoadFile[];
}

/** A file that cannot be had as it was announced. */
class Unusable extends Error {}

/** What came is not what was announced. */
class Spoilt extends Error {}

/** A file's bytes on their way to whoever imports them: the last are followed by an error where all together are not what was
 * announced. `failure`: why they ended early, for an import tells of any such thing that the file is unusable. */
class Arriving {
  failure: unknown = null;

  constructor(
    readonly file: LoadFile,
    readonly source: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ) {}

  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const digest = new Digest(this.file.bytes);
    try {
      for await (const piece of this.source) {
        digest.update(piece);
        yield piece;
      }
      if ((await digest.hex()) !== this.file.sha256) {
        throw new Spoilt(this.file.name);
      }
    } catch (wrong) {
      this.failure = wrong;
      throw wrong;
    }
  }
}

export class FirstLoad {
  /** How much of what is to be fetched has come, 0 to 1; null: nothing is on its way. */
  progress: number | null = null;
  onProgress: () => void = () => undefined;

  /** `lists`: the hash of the list tables that a file may bring ready; null: none are wanted. */
  constructor(
    readonly store: StoreApi,
    readonly transport: Transport,
    readonly lists: string | null = null,
    readonly wait: Sleep = sleep,
  ) {}

  /** Imports what the server offers; how many rows, or null when pages are to bring them: there are few, or the files
   * cannot be had. `said`: what goes with every request.
   *
   * Raises NoNetwork, SyncRefused. Called again after a kill, it goes on where it was.
   */
  async run(deviceId: string, said: JsonObject): Promise<number | null> {
    try {
      return await this.#run(deviceId, said);
    } catch (wrong) {
      const fails = wrong instanceof SyncRefused && wrong.status >= SERVER_FAILS;
      if (!fails && !(wrong instanceof Unusable)) {
        throw wrong;
      }
    } finally {
      this.#tell(null);
    }
    await this.tidy(); // pages are slower, and need nothing of what fails here
    return null;
  }

  /** Forgets the offer and what was fetched of it. */
  async tidy(): Promise<void> {
    await this.store.set({ load: null });
    for (const name of await this.store.shelf.names(LOAD_PARTS)) {
      await this.store.shelf.drop(name);
    }
  }

  async #run(deviceId: string, said: JsonObject): Promise<number | null> {
    let empty = await this.store.isEmpty();
    for (let offers = 0; offers < OFFERS; offers += 1) {
      const offer = offerIn(await this.store.get("load")) ?? (await this.#asked(deviceId, empty ? "alone" : "none", said));
      if (offer.files.length === 0) {
        await this.tidy();
        return null;
      }
      try {
        const rows = await this.#take(offer);
        if (rows !== null) {
          return rows;
        }
        empty = false; // there is something to work with while the server makes the rest
        this.#tell(0);
      } catch (refused) {
        if (!(refused instanceof SyncRefused) || !OUTDATED.has(refused.code)) {
          throw refused;
        }
        await this.tidy(); // rights changed or the file is gone: other files stand for this member now
      }
    }
    await this.tidy();
    return null;
  }

  async #asked(deviceId: string, first: "alone" | "none", said: JsonObject): Promise<Offer> {
    const lists = this.lists === null ? {} : { lists: this.lists };
    const answer = await this.transport.post("/sync/v1/load", { deviceId, first, encodings: encodings(), ...lists, ...said });
    await this.store.set({ load: answer });
    return offerIn(answer) ?? { cursor: "", files: [] };
  }

  /** How many rows the whole has; null where it is still being made. */
  async #take(offer: Offer): Promise<number | null> {
    const empty = await this.store.isEmpty();
    const wanted = offer.files.filter((file) => file.name !== "first" || empty); // else there is something to work with
    const toFetch = wanted.reduce((sum, file) => sum + file.bytes, 0);
    let before = 0;
    const whole = offer.files.find((file) => file.name === "whole");
    for (const file of wanted) {
      await this.#bring(file, offer.cursor, (bytes) => this.#tell(whole === undefined ? 0 : (before + bytes) / toFetch));
      before += file.bytes;
    }
    await this.tidy();
    return whole?.rows ?? null;
  }

  /** Imports the file while it arrives; it counts when all of it is here and as announced. Raises NoNetwork, Unusable,
   * SyncRefused. */
  async #bring(file: LoadFile, cursor: string, here: (bytes: number) => void): Promise<void> {
    const part = `${LOAD_PARTS}${file.sha256.slice(0, 16)}`;
    for (let others = 0; others < OFFERS; others += 1) {
      const arriving = new Arriving(file, this.#pieces(file, part, here));
      try {
        return await this.#import(file, unpacked(arriving.pieces(), file.encoding), cursor);
      } catch (wrong) {
        if (arriving.failure === null) {
          await this.#judge(file, part, here, wrong);
        } else if (!(arriving.failure instanceof Spoilt)) {
          throw arriving.failure;
        }
        await this.store.shelf.drop(part); // spoilt on its way, or on the disk: once more
      }
    }
    throw new Unusable(file.name); // the server has another file than it says
  }

  /** The import of what was here so far failed, by `wrong`. Nothing, where the file was spoilt on its way. Raises Unusable: it
   * is what the server has. */
  async #judge(file: LoadFile, part: string, here: (bytes: number) => void, wrong: unknown): Promise<void> {
    if (!(wrong instanceof FileUnusable)) {
      throw wrong;
    }
    const whole = new Arriving(file, this.#pieces(file, part, here));
    try {
      for await (const _ of whole.pieces());
    } catch (found) {
      if (found instanceof Spoilt) {
        return;
      }
      throw found;
    }
    throw new Unusable(file.name, { cause: wrong });
  }

  async #import(file: LoadFile, content: ByteStream, cursor: string): Promise<void> {
    await (file.name === "first" ? this.store.showPart(content) : this.store.importWhole(content, cursor));
  }

  /** What stands on the shelf, then what comes; that is put there too, so that a kill loses nothing. An attempt that brings
   * nothing is followed by a pause; after some it gives up. */
  async *#pieces(file: LoadFile, part: string, here: (bytes: number) => void): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield* piecesOn(this.store.shelf, part);
    let size = (await this.store.shelf.size(part)) ?? 0;
    for (let failures = 0; size < file.bytes; ) {
      here(size);
      const before = size;
      try {
        for await (const piece of this.#rest(file, part, size)) {
          here((size += piece.byteLength));
          yield piece;
        }
      } catch (broken) {
        if (!(broken instanceof NoNetwork) || broken instanceof Stopped) {
          throw broken;
        }
      }
      failures = size > before ? 0 : failures + 1;
      if (failures === ATTEMPTS) {
        throw unreachable(`the file ${file.name}`);
      }
      if (failures > 0) {
        await this.wait(grown(failures - 1, jitter()), this.transport.signal);
      }
    }
  }

  /** The file behind its first `size` bytes, kept piece by piece. Raises SyncRefused, NoNetwork. */
  async *#rest(file: LoadFile, part: string, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const answer = await this.transport.stream(file.path, size > 0 ? { Range: `bytes=${size}-` } : {});
    if (answer.status !== 200 && answer.status !== 206) {
      throw await this.transport.refusalIn(answer);
    }
    let known = answer.status === 200 ? size : 0; // all of it came again
    for await (const piece of gathered(answer.pieces)) {
      const fresh = piece.subarray(Math.min(known, piece.byteLength));
      known -= piece.byteLength - fresh.byteLength;
      if (fresh.byteLength > 0) {
        await this.store.shelf.append(part, fresh);
        yield fresh;
      }
    }
  }

  #tell(progress: number | null): void {
    this.progress = progress;
    this.onProgress();
  }
}

function offerIn(kept: Json | undefined): Offer | null {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) {
    return null;
  }
  const { files, cursor } = kept as JsonObject;
  return Array.isArray(files) ? { files: files as unknown as LoadFile[], cursor: typeof cursor === "string" ? cursor : "" } : null;
}
