/** A page of a pull as it came (PROTOCOL.md, 3.2), and the proof that rows are the server's (3.5). */
import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Checksum, Page, PageHeader, Section } from "./store_api";

export const BUCKETS = 1_024;
const ID_BEGINS = 7; // {"id":"01890a5d-ac96-774b-bcce-b302099a8057",…
const ID_ENDS = 43;

/** An answer that was cut: it must not be taken for a small one. */
export class PageCut extends Error {
  override readonly name = "PageCut";
}

/** Raises PageCut for what is no whole page: ask again. */
export function parsePage(body: Uint8Array | string): Page {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const [head = "", ...lines] = text.split("\n");
  const header = headerOf(head);
  const told = header["sections"] as readonly { name: string; mode: Section["mode"]; removes: number; puts: number }[];
  let at = 0;
  const sections = told.map(({ name, mode, removes, puts }) => {
    const middle = at + removes;
    const section = { collection: name, mode, removes: lines.slice(at, middle), puts: lines.slice(middle, middle + puts) };
    at = middle + puts;
    return section;
  });
  const came = lines.length === 1 && lines[0] === "" ? 0 : lines.length;
  if (came !== at || sections.some((section) => section.puts.some((row) => !row.endsWith("}")))) throw new PageCut("the answer is not whole");
  return { header, sections };
}

function headerOf(head: string): PageHeader {
  try {
    return JSON.parse(head) as PageHeader;
  } catch (wrong) {
    throw new PageCut("the answer is not whole", { cause: wrong });
  }
}

/** How many rows a page brings or takes. */
export function rowsOf(page: Page): number {
  return page.sections.reduce((sum, section) => sum + section.puts.length + section.removes.length, 0);
}

/** How a page on the air names the cursor that it leads on from. */
export function follows(cursor: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(cursor))).slice(0, 16);
}

/** The id in a row's text: always its first member. */
export function idOf(text: string): string {
  return text.slice(ID_BEGINS, ID_ENDS);
}

/** 64 bits of a row's content, as the server counts it. */
export function digestOf(text: string): bigint {
  return new DataView(md5(new TextEncoder().encode(text)).buffer).getBigUint64(0);
}

export function bucketOf(id: string): number {
  return Number.parseInt(id.slice(-3), 16) % BUCKETS;
}

export function hashText(mixed: bigint): string {
  return mixed.toString(16).padStart(16, "0");
}

/** Of (id, text). */
export function checksum(rows: Iterable<readonly [id: string, text: string]>): Checksum {
  let count = 0;
  let mixed = 0n;
  for (const [, text] of rows) {
    count += 1;
    mixed ^= digestOf(text);
  }
  return { count, hash: hashText(mixed) };
}

/** The same rows in fewer buckets, as the server tells them. `mixed`: of the most buckets that there can be. */
export function folded(mixed: readonly bigint[], buckets: number): readonly string[] {
  const fewer = Array.from({ length: buckets }, () => 0n);
  mixed.forEach((value, number) => (fewer[number % buckets] = (fewer[number % buckets] ?? 0n) ^ value));
  return fewer.map(hashText);
}
