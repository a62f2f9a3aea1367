/** Attaching a file: its bytes on the shelf first, then the command and the note that they are to be sent. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Replica } from "~/replica/index";
import type { Language } from "~/values/words";
import type { Mutated, NewFile } from "./api";
import { refused } from "./sentences";

const COMMAND = "tenants.attach_file";
const PIECE_BYTES = 256 * 1024;

/** Twice with one key: attached once. Raises Refused for an empty file, and what `mutate` raises. */
export async function attachFile(replica: Replica, given: NewFile, key: string, language: Language): Promise<Mutated> {
  const { entity, rowId, file, fileName, stripMetadata } = given;
  if (file.size === 0) throw refused("FILE_EMPTY", language, "file");
  const hash = await hashOf(file);
  const shelf = replica.store.shelf;
  if ((await shelf.size(hash)) !== file.size) {
    // Under a name of its own until it is whole: a kill leaves no half of it, and the same content attached at the same moment
    // mixes with nothing.
    const part = `part/${crypto.randomUUID()}`;
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      await shelf.append(part, new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    }
    await shelf.rename(part, hash);
  }
  const args = { entity, rowId, fileName, mediaType: file.type, sizeBytes: file.size, sha256: hash };
  return replica.attach(COMMAND, stripMetadata === undefined ? args : { ...args, stripMetadata }, hash, key);
}

/** In pieces: a video need not lie in memory as a whole. */
async function hashOf(file: Blob): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += PIECE_BYTES) hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
  return bytesToHex(hash.digest());
}
