/** By which ids the rows of the demo data are recognised: derived from the company's, as in modules/bridges/demo_rows.py. */
import { sha1 } from "@noble/hashes/legacy.js";

const EPOCH = "6b8f0d0a54c54b0e9a550d1e2f3a4b5c";
/** How many rows of a kind the demo data has at most. */
const MOST = { customer: 60, activity: 240, product: 6, order: 2 } as const;

export type DemoKind = keyof typeof MOST;

/** The id of the n-th demo row of a kind in a company. */
export function demoId(tenantId: string, kind: DemoKind, number: number): string {
  const name = new TextEncoder().encode(`${tenantId}/${kind}/${number}`);
  const made = sha1(new Uint8Array([...bytesOf(EPOCH), ...name])).slice(0, 16);
  made[6] = (byteAt(made, 6) & 0x0f) | 0x70;
  made[8] = (byteAt(made, 8) & 0x3f) | 0x80;
  const hex = [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** All ids that demo rows of a kind may have. */
export function demoIds(tenantId: string, kind: DemoKind): string[] {
  return Array.from({ length: MOST[kind] }, (_, number) => demoId(tenantId, kind, number));
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
