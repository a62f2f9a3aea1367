/** Attachments' bytes, up in pieces and down in ranges (PROTOCOL.md, 14).
 *
 * The content of what was attached here stands on the shelf under its SHA-256 until the server has it; so does what was
 * fetched. What is on its way is called `part/<sha256>`. A kill at any moment loses nothing.
 */
import { NoNetwork, Refused, type RefusedFile } from "~/device/api";
import type { StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { inLanguage } from "~/values/words";
import { ATTEMPTS, grown, jitter } from "./backoff";
import { Stopped, SyncRefused, unreachable } from "./errors";
import { SENTENCES } from "./sentences";
import { appendAll } from "./shelving";
import { type Answer, text } from "./answers";
import type { Transport } from "./transport";
import { sha256Of } from "./unpacking";
import { type Sleep, sleep } from "./waiting";

const ATTACHMENTS = "attachments";
const ATTACH = "tenants.attach_file";
const CHUNK_BYTES = 1024 * 1024;
const PIECE_TYPE = "application/offset+octet-stream";
/** Of a row or a right that may yet come. */
const PASSING: ReadonlySet<number> = new Set([401, 402, 403, 404, 408, 429, 500, 502, 503, 504]);

interface UpStanding {
  readonly stored: boolean;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly chunkBytes: number;
}

export interface Unsent {
  readonly onTheWay: number;
  readonly refused: readonly RefusedFile[];
}

export class Files {
  constructor(
    readonly store: StoreApi,
    readonly transport: Transport,
    readonly chunkBytes: number = CHUNK_BYTES,
    readonly wait: Sleep = sleep,
  ) {}

  /** Sends what the server has a row for; how many files it has now. What passes is tried again next time.
   *
   * `went`: called after each that needs no sending any more. Raises NoNetwork; SyncRefused of the door as a whole (a device
   * that was revoked or wiped, a quota).
   */
  async upload(went: () => void = () => undefined): Promise<number> {
    const jobs = await this.store.uploads.waiting();
    const givenUp = jobs.length > 0 ? await this.#givenUp() : new Set();
    let sent = 0;
    for (const { attachmentId, sha256, code } of jobs) {
      if (givenUp.has(attachmentId)) {
        await this.#done(attachmentId);
        went();
        continue;
      }
      const row = await this.store.baseRow(ATTACHMENTS, attachmentId);
      if (row?.["state"] === "stored") {
        await this.#done(attachmentId);
        went();
      } else if (code === null && row !== null && row["archivedAt"] === null) {
        sent += await this.#sendOne(attachmentId, sha256); // without a row it waits in the queue or in the inbox
        went();
      }
    }
    return sent;
  }

  /** What did not go up: on its way, and refused for good. What was removed from its record counts no more, nor does what
   * waits for a decision in the inbox. */
  async unsent(): Promise<Unsent> {
    const found = { onTheWay: 0, refused: [] as RefusedFile[] };
    const jobs = await this.store.uploads.waiting();
    const inbox = jobs.length === 0 ? new Set() : new Set((await this.store.baseRows("inbox")).map((entry) => entry["rowId"]));
    for (const { attachmentId, code, message } of jobs) {
      const row = await this.store.baseRow(ATTACHMENTS, attachmentId);
      if (row === null ? inbox.has(attachmentId) : row["archivedAt"] !== null) continue;
      if (code === null) found.onTheWay += 1;
      else if (row !== null) found.refused.push({ attachmentId, message: message ?? "" });
    }
    return found;
  }

  /** The content, the copy that lies here or fetched; goes on where an earlier attempt broke off. Its hash is right.
   *
   * Raises Refused (FILE_UNAVAILABLE, FILE_DAMAGED: the only copy, to be sent yet, is spoilt or gone), SyncRefused,
   * NoNetwork.
   */
  async open(attachmentId: string): Promise<Blob> {
    const row = await this.store.baseRow(ATTACHMENTS, attachmentId);
    const own = (await this.store.uploads.waiting()).find((upload) => upload.attachmentId === attachmentId);
    const sha256 = own?.sha256 ?? text(row?.["sha256"]);
    if (sha256 === null) {
      throw this.#refused("FILE_UNAVAILABLE", "fileAway", "fileAwayRemedy");
    }
    const type = text(row?.["mediaType"]) ?? (await this.#queuedType(attachmentId)) ?? "application/octet-stream";
    const kept = await this.#kept(sha256, type);
    if (kept !== null) {
      return kept;
    }
    if (row?.["state"] !== "stored") {
      throw own === undefined ? this.#refused("FILE_UNAVAILABLE", "fileAway", "fileAwayRemedy") : this.#damaged();
    }
    // A photo whose particulars were removed on the way has another hash than the copy that was sent.
    const stored = String(row["sha256"]);
    return (await this.#kept(stored, type)) ?? this.#fetched(attachmentId, stored, Number(row["sizeBytes"]), type);
  }

  async #fetched(attachmentId: string, sha256: string, sizeBytes: number, type: string): Promise<Blob> {
    const part = `part/${sha256}`;
    for (let failures = 0; failures < ATTEMPTS; ) {
      const before = (await this.store.shelf.size(part)) ?? 0;
      try {
        await this.#append(attachmentId, sha256, part, before, sizeBytes);
      } catch (broken) {
        if (!(broken instanceof NoNetwork) || broken instanceof Stopped) {
          throw broken;
        }
      }
      const size = (await this.store.shelf.size(part)) ?? 0;
      if (size === sizeBytes && (await sha256Of(this.store.shelf.stream(part))) === sha256) {
        await this.store.shelf.rename(part, sha256);
        const kept = await this.#kept(sha256, type);
        if (kept !== null) {
          return kept;
        }
      }
      if (size >= sizeBytes) {
        await this.store.shelf.drop(part); // spoilt: from the beginning
      }
      failures = size > before && size < sizeBytes ? 0 : failures + 1;
      if (failures > 0 && failures < ATTEMPTS) {
        await this.wait(grown(failures - 1, jitter()), this.transport.signal);
      }
    }
    throw unreachable(`the file ${attachmentId}`);
  }

  async #append(attachmentId: string, sha256: string, part: string, from: number, sizeBytes: number): Promise<void> {
    if (from >= sizeBytes) {
      return;
    }
    const going = from > 0 ? { Range: `bytes=${from}-`, "If-Range": `"${sha256}"` } : {};
    const answer = await this.transport.stream(pathOf(attachmentId), going);
    if (answer.status !== 200 && answer.status !== 206) {
      const refusal = await this.transport.refusalIn(answer);
      if (refusal.code !== "RANGE_REFUSED" || from === 0) {
        throw refusal;
      }
      await this.store.shelf.drop(part);
      return;
    }
    if (answer.status === 200) {
      await this.store.shelf.drop(part);
    }
    await appendAll(this.store.shelf, part, answer.pieces);
  }

  /** The content on the shelf, if it is whole and as its name says. */
  async #kept(sha256: string, type: string): Promise<Blob | null> {
    const size = await this.store.shelf.size(sha256);
    if (size === null || (await sha256Of(this.store.shelf.stream(sha256))) !== sha256) {
      return null;
    }
    await this.store.shelf.touch(sha256);
    const pieces: Blob[] = []; // each may lie on the disk: a blob of blobs holds no more in memory than one piece
    for await (const piece of this.store.shelf.stream(sha256)) {
      pieces.push(new Blob([piece as Uint8Array<ArrayBuffer>]));
    }
    return new Blob(pieces, { type });
  }

  async #sendOne(attachmentId: string, sha256: string): Promise<number> {
    try {
      return (await this.#send(attachmentId, sha256)) ? 1 : 0;
    } catch (refused) {
      if (!(refused instanceof Refused)) {
        throw refused;
      }
      const status = refused instanceof SyncRefused ? refused.status : 422;
      if (refused instanceof SyncRefused && (status === 401 || status === 429 || refused.order !== null)) {
        throw refused; // not of this file
      }
      if (!PASSING.has(status)) {
        await this.store.uploads.refused(attachmentId, refused.code, refused.message);
      }
      return 0;
    }
  }

  /** One file, from where the server has it. False: the server took it for complete only later. */
  async #send(attachmentId: string, sha256: string): Promise<boolean> {
    try {
      return await this.#sendPieces(attachmentId, sha256);
    } catch (refused) {
      const differs = refused instanceof SyncRefused && refused.code === "FILE_DIFFERS";
      if (!differs || (await sha256Of(this.store.shelf.stream(sha256))) !== sha256) {
        throw refused; // only what was spoilt on its way may be sent once more
      }
      return this.#sendPieces(attachmentId, sha256);
    }
  }

  async #sendPieces(attachmentId: string, sha256: string): Promise<boolean> {
    let standing = await this.#asked(attachmentId);
    const atOnce = Math.min(this.chunkBytes, standing.chunkBytes);
    if (!standing.stored) {
      for (let offset = standing.offset; offset < standing.sizeBytes; ) {
        const wanted = Math.min(atOnce, standing.sizeBytes - offset);
        const bytes = await this.#content(sha256, offset, wanted);
        offset = await this.#piece(attachmentId, offset, bytes);
      }
      standing = await this.#asked(attachmentId);
    }
    if (standing.stored) {
      await this.#done(attachmentId);
    }
    return standing.stored;
  }

  async #content(sha256: string, from: number, most: number): Promise<Uint8Array<ArrayBuffer>> {
    if ((await this.store.shelf.size(sha256)) === null) {
      throw this.#damaged();
    }
    const bytes = await this.store.shelf.read(sha256, from, most);
    if (bytes.byteLength < most) {
      throw this.#damaged(); // it was cut
    }
    return bytes as Uint8Array<ArrayBuffer>;
  }

  async #asked(attachmentId: string): Promise<UpStanding> {
    const answer = await this.transport.exchange("POST", pathOf(attachmentId));
    return this.transport.contentOf(answer) as unknown as UpStanding;
  }

  /** Where to go on. The server's word counts: another tab may have sent more. */
  async #piece(attachmentId: string, offset: number, body: Uint8Array<ArrayBuffer>): Promise<number> {
    const headers = { "Upload-Offset": String(offset), "Content-Type": PIECE_TYPE };
    const answer = await this.transport.exchange("PATCH", pathOf(attachmentId), { headers, body });
    const there = offsetIn(answer);
    if (there === null) {
      throw this.transport.refusalOf(answer);
    }
    return there;
  }

  /** Attachments that were refused and given up in the inbox: their rows will never come. */
  async #givenUp(): Promise<ReadonlySet<unknown>> {
    const entries = await this.store.baseRows("inbox");
    return new Set(entries.filter((entry) => entry["command"] === ATTACH && entry["state"] === "discarded").map((entry) => entry["rowId"]));
  }

  async #done(attachmentId: string): Promise<void> {
    await this.store.uploads.done(attachmentId);
  }

  async #queuedType(attachmentId: string): Promise<string | null> {
    const queued = (await this.store.outbox.overlay()).find((mutation) => mutation.command === ATTACH && mutation.rowId === attachmentId);
    return text((queued?.arguments as JsonObject | undefined)?.["mediaType"]);
  }

  #damaged(): Refused {
    return this.#refused("FILE_DAMAGED", "fileDamaged", "fileDamagedRemedy");
  }

  #refused(code: string, sentence: "fileAway" | "fileDamaged", remedy: "fileAwayRemedy" | "fileDamagedRemedy"): Refused {
    const says = inLanguage(SENTENCES, this.transport.language());
    return new Refused(code, says[sentence], says[remedy]);
  }
}

function pathOf(attachmentId: string): string {
  return `/sync/v1/files/${attachmentId}`;
}

function offsetIn(answer: Answer): number | null {
  const told = answer.headers.get("upload-offset");
  return told !== null && (answer.status === 204 || answer.status === 409) ? Number(told) : null;
}
