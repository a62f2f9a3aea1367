/** A passkey that unlocks: WebAuthn with the PRF extension, which gives the same secret for the same salt each time. */
import { randomBytes } from "./sealing";

export interface NewPasskey {
  readonly credentialId: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly output: BufferSource;
}

const SALT_BYTES = 32;
const CHALLENGE_BYTES = 32; // nobody checks the answer: what counts is the secret that comes with it
const USER_BYTES = 32;
const TIMEOUT_MS = 120_000;
const ADDRESS = /^(\d+\.){3}\d+$|^\[/;
const [ES256, RS256] = [-7, -257];

/** Whether this browser and device can. */
export async function passkeyPossible(): Promise<boolean> {
  // A passkey is for a name: an address of the local network has none.
  if (typeof PublicKeyCredential === "undefined" || ADDRESS.test(location.hostname)) return false;
  const can = await PublicKeyCredential.getClientCapabilities?.();
  if (can !== undefined && can["extension:prf"] !== undefined) return can["extension:prf"];
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

/** Makes a passkey for this account. Null: called off, or it has no PRF. */
export async function makePasskey(memberName: string): Promise<NewPasskey | null> {
  const salt = randomBytes(SALT_BYTES);
  const made = await quietly(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "云帆 Yunfan" },
        user: { id: randomBytes(USER_BYTES), name: memberName, displayName: memberName },
        challenge: randomBytes(CHALLENGE_BYTES),
        pubKeyCredParams: [ES256, RS256].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: { eval: { first: salt } } },
        timeout: TIMEOUT_MS,
      },
    }),
  );
  if (!(made instanceof PublicKeyCredential)) return null;
  const credentialId = new Uint8Array(made.rawId);
  const told = made.getClientExtensionResults().prf;
  // Some authenticators give the secret only when they are asked again.
  const output = told?.results?.first ?? (told?.enabled === true ? await askPasskey(credentialId, salt) : null);
  return output === null ? null : { credentialId, salt, output };
}

/** The passkey's secret. Null: called off, or not the one. */
export async function askPasskey(credentialId: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Promise<BufferSource | null> {
  const got = await quietly(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: randomBytes(CHALLENGE_BYTES),
        allowCredentials: [{ type: "public-key", id: credentialId }],
        userVerification: "required",
        extensions: { prf: { eval: { first: salt } } },
        timeout: TIMEOUT_MS,
      },
    }),
  );
  return got instanceof PublicKeyCredential ? (got.getClientExtensionResults().prf?.results?.first ?? null) : null;
}

/** Whoever closes the browser's dialogue has not failed. */
async function quietly<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (wrong) {
    if (wrong instanceof DOMException && (wrong.name === "NotAllowedError" || wrong.name === "AbortError")) return null;
    throw wrong;
  }
}
