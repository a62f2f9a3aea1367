/** The first load: files that the server made, fetched in ranges, checked, imported at once (PROTOCOL.md, 3.4). */
import { NoNetwork } from "~/device/api";
import type { StoreApi } from "~/replica/store_api";
import { FileUnusable } from "~/replica/errors";
import type { Json, JsonObject } from "~/values/json";
import { ATTEMPTS, grown, jitter } from "./backoff";
import { Stopped, SyncRefused, unreachable } from "./errors";
import { appendAll, piecesOn } from "./shelving";
import type { Transport } from "./transport";
import { encodings, sha256Of, unpacked } from "./unpacking";
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
    for (let offers = 0; offers < OFFERS; offers += 1) {
      const offer = offerIn(await this.store.get("load")) ?? (await this.#asked(deviceId, said));
      if (offer.files.length === 0) {
        await this.tidy();
        return null;
      }
      try {
        return await this.#take(offer);
      } catch (refused) {
        if (!(refused instanceof SyncRefused) || !OUTDATED.has(refused.code)) {
          throw refused;
        }
        await this.tidy(); // rights changed or the file is gone: other files stand for this member now
      }
    }
    return null;
  }

  async #asked(deviceId: string, said: JsonObject): Promise<Offer> {
    const lists = this.lists === null ? {} : { lists: this.lists };
    const answer = await this.transport.post("/sync/v1/load", { deviceId, encodings: encodings(), ...lists, ...said });
    await this.store.set({ load: answer });
    return offerIn(answer) ?? { cursor: "", files: [] };
  }

  async #take(offer: Offer): Promise<number> {
    const empty = await this.store.isEmpty();
    const wanted = offer.files.filter((file) => file.name !== "first" || empty); // else there is something to work with
    const toFetch = wanted.reduce((sum, file) => sum + file.bytes, 0);
    let before = 0;
    let rows = 0;
    for (const file of wanted) {
      const part = await this.#fetched(file, (bytes) => this.#tell((before + bytes) / toFetch));
      await this.#import(file, part, offer.cursor);
      before += file.bytes;
      rows = file.name === "whole" ? file.rows : rows;
    }
    await this.tidy();
    return rows;
  }

  async #import(file: LoadFile, part: string, cursor: string): Promise<void> {
    const content = unpacked(piecesOn(this.store.shelf, part), file.encoding);
    try {
      if (file.name === "first") {
        await this.store.showPart(content);
      } else {
        await this.store.importWhole(content, cursor);
      }
    } catch (wrong) {
      throw wrong instanceof FileUnusable ? new Unusable(file.name, { cause: wrong }) : wrong;
    }
  }

  /** The name of the file on the shelf, whole and as announced. Raises NoNetwork, Unusable, SyncRefused. */
  async #fetched(file: LoadFile, here: (bytes: number) => void): Promise<string> {
    const part = `${LOAD_PARTS}${file.sha256.slice(0, 16)}`;
    for (let others = 0; others < OFFERS; others += 1) {
      await this.#complete(file, part, here);
      if ((await this.store.shelf.size(part)) === file.bytes && (await sha256Of(this.store.shelf.stream(part))) === file.sha256) {
        return part;
      }
      await this.store.shelf.drop(part); // spoilt on its way, or on the disk: once more
    }
    throw new Unusable(file.name); // the server has another file than it says
  }

  /** Goes on until all bytes are here. An attempt that brings nothing is followed by a pause; after some it gives up. */
  async #complete(file: LoadFile, part: string, here: (bytes: number) => void): Promise<void> {
    let size = (await this.store.shelf.size(part)) ?? 0;
    for (let failures = 0; size < file.bytes; ) {
      here(size);
      try {
        await this.#append(file, part, size, here);
      } catch (broken) {
        if (!(broken instanceof NoNetwork) || broken instanceof Stopped) {
          throw broken;
        }
      }
      const now = (await this.store.shelf.size(part)) ?? 0;
      failures = now > size ? 0 : failures + 1;
      size = now;
      if (failures === ATTEMPTS) {
        throw unreachable(`the file ${file.name}`);
      }
      if (failures > 0) {
        await this.wait(grown(failures - 1, jitter()), this.transport.signal);
      }
    }
  }

  /** The rest of a file. What came until it breaks off is kept. Raises SyncRefused, NoNetwork. */
  async #append(file: LoadFile, part: string, size: number, here: (bytes: number) => void): Promise<void> {
    const answer = await this.transport.stream(file.path, size > 0 ? { Range: `bytes=${size}-` } : {});
    if (answer.status !== 200 && answer.status !== 206) {
      throw await this.transport.refusalIn(answer);
    }
    let there = size;
    if (answer.status === 200) {
      await this.store.shelf.drop(part);
      there = 0;
    }
    await appendAll(this.store.shelf, part, answer.pieces, (bytes) => here((there += bytes)));
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
