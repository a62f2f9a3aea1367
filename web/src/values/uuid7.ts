/** UUIDs whose order is that of their making (RFC 9562, 5.7). */

let last = 0n;

/** 48 bits of Unix milliseconds, version, 74 random bits; within one millisecond the next of the last one's. */
export function uuid7(now: number = Date.now()): string {
  let bits = 0n;
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) bits = (bits << 8n) | BigInt(byte);
  const head = (BigInt(now) << 80n) | (0x7n << 76n) | (((bits >> 62n) & 0xfffn) << 64n);
  let made = head | (0b10n << 62n) | (bits & ((1n << 62n) - 1n));
  if (made >> 80n <= last >> 80n) made = last + 1n + (bits & 0xffffn);
  last = made;
  const hex = made.toString(16).padStart(32, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
