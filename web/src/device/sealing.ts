/** Keys of an account on this device, and what is sealed with them. AES-256-GCM throughout; nothing is invented here.
 *
 * The account's key opens the session token. It lies in the ledger, sealed under the device key (made here, never
 * extractable, gone with the account), and where the member set a PIN or a passkey under a key of that as well. No key is
 * extractable: the account's is bytes only while a lock is made or opened, and they are wiped then.
 */

/** `place` is authenticated beside: a box that was moved elsewhere does not open. */
export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: ArrayBuffer;
}

export type Lock =
  | { readonly kind: "none"; readonly sealed: Sealed }
  | { readonly kind: "pin"; readonly sealed: Sealed; readonly salt: Uint8Array<ArrayBuffer>; readonly rounds: number }
  | { readonly kind: "passkey"; readonly sealed: Sealed; readonly salt: Uint8Array<ArrayBuffer>; readonly credentialId: Uint8Array<ArrayBuffer> };

/** OWASP's figure for PBKDF2-HMAC-SHA256; some 0.3 s on a phone. */
export const PIN_ROUNDS = 600_000;
const IV_BYTES = 12;
const KEY_BYTES = 32;
const AES = { name: "AES-GCM", length: 256 } as const;

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A key that leaves this browser in no form. */
export function newDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
}

/** A key for an account, and how it lies in the ledger: under the device key alone. */
export async function newAccountKey(account: string, deviceKey: CryptoKey): Promise<{ readonly accountKey: CryptoKey; readonly sealed: Sealed }> {
  const raw = randomBytes(KEY_BYTES);
  try {
    return { accountKey: await keyOf(raw), sealed: await lockUp(account, raw, deviceKey, null) };
  } finally {
    raw.fill(0);
  }
}

export async function seal(key: CryptoKey, content: Uint8Array<ArrayBuffer> | ArrayBuffer, place: string): Promise<Sealed> {
  const iv = randomBytes(IV_BYTES);
  return { iv, box: await crypto.subtle.encrypt({ name: AES.name, iv, additionalData: utf8(place) }, key, content) };
}

/** Null: another key, another place, or a changed box. */
export async function unseal(key: CryptoKey, sealed: Sealed, place: string): Promise<ArrayBuffer | null> {
  try {
    return await crypto.subtle.decrypt({ name: AES.name, iv: sealed.iv, additionalData: utf8(place) }, key, sealed.box);
  } catch (wrong) {
    if (wrong instanceof DOMException && wrong.name === "OperationError") return null;
    throw wrong;
  }
}

/** The key that a PIN stands for. */
export async function keyOfPin(pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const given = await crypto.subtle.importKey("raw", utf8(pin.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, given, AES, false, ["encrypt", "decrypt"]);
}

/** The key that a passkey's PRF output stands for. */
export async function keyOfPrf(output: BufferSource): Promise<CryptoKey> {
  const given = await crypto.subtle.importKey("raw", output, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("yunfan/device/v1/passkey") };
  return crypto.subtle.deriveKey(how, given, AES, false, ["encrypt", "decrypt"]);
}

/** The account's key; null: `also` is not the right one. */
export async function unlock(account: string, sealed: Sealed, deviceKey: CryptoKey, also: CryptoKey | null): Promise<CryptoKey | null> {
  return opened(account, sealed, deviceKey, also, keyOf);
}

/** The account's key under another lock; null: `present` does not open this one. */
export async function relock(account: string, sealed: Sealed, deviceKey: CryptoKey, present: CryptoKey | null, next: CryptoKey | null): Promise<Sealed | null> {
  return opened(account, sealed, deviceKey, present, (raw) => lockUp(account, raw, deviceKey, next));
}

/** What `use` makes of the account's key in bytes, which are wiped behind it. Null: `also` is not the right one. */
async function opened<T>(account: string, sealed: Sealed, deviceKey: CryptoKey, also: CryptoKey | null, use: (raw: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T | null> {
  const inner = await unseal(deviceKey, sealed, `${account}/key`);
  if (inner === null) return null;
  const found = also === null ? inner : await unseal(also, unpacked(inner), `${account}/lock`);
  if (found === null || found.byteLength !== KEY_BYTES) return null;
  const raw = new Uint8Array(found);
  try {
    return await use(raw);
  } finally {
    raw.fill(0);
  }
}

/** Under `also` first, where there is one, then under the device key. */
async function lockUp(account: string, raw: Uint8Array<ArrayBuffer>, deviceKey: CryptoKey, also: CryptoKey | null): Promise<Sealed> {
  const inner = also === null ? raw : packed(await seal(also, raw, `${account}/lock`));
  return seal(deviceKey, inner, `${account}/key`);
}

function keyOf(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);
}

function packed({ iv, box }: Sealed): ArrayBuffer {
  const whole = new Uint8Array(iv.length + box.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(box), iv.length);
  return whole.buffer;
}

function unpacked(whole: ArrayBuffer): Sealed {
  return { iv: new Uint8Array(whole.slice(0, IV_BYTES)), box: whole.slice(IV_BYTES) };
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
