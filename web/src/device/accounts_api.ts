/** Who has signed in on this device, and how they get in again, with a network or without. */
import type { Device } from "./api";

export interface Account {
  /** `<tenantId>.<memberId>` */
  readonly key: string;
  readonly tenantName: string;
  readonly memberName: string;
  readonly orgCode: string;
  readonly lastUsedAt: string;
  /** How it opens without the server: "none" (device key only), "pin", "passkey". */
  readonly lock: "none" | "pin" | "passkey";
  /** Until when it opens without having been in touch with the server, RFC 3339; null: it needs the server each time. */
  readonly offlineUntil: string | null;
  readonly unsent: number | null;
  /** False: signed out, or locked by wrong PINs; it takes a sign-in with the server, and what was not sent is kept. */
  readonly signedIn: boolean;
}

/** What signing in with the server gave (GraphQL SignIn, SignUp, AcceptInvitation, SwitchTenant). */
export interface SignedIn {
  readonly token: string;
}

/** What opens a lock: a passkey is asked for by the browser. */
export interface Secret {
  readonly pin?: string;
}

export interface Accounts {
  list(): Promise<readonly Account[]>;
  /** Somebody is about to sign in: loads what that takes, beside their typing. */
  prepare(): void;
  /** Makes this tab the member's. Raises NoNetwork, Refused. */
  signedIn(given: SignedIn): Promise<Device>;
  /** Opens an account that is on this device. Raises Refused (`PIN_WRONG`, `OFFLINE_TOO_LONG`, `NOT_SIGNED_IN`). */
  open(key: string, secret?: Secret): Promise<Device>;
  /** The account that this tab had before it was reloaded, else the only one on this device, if it opens without asking. */
  resume(): Promise<Device | null>;
  /** Null: no lock. Whoever has a PIN or a passkey shows it first. Raises Refused (as `open`, `PIN_UNUSABLE`). */
  setPin(key: string, pin: string | null, present?: Secret): Promise<void>;
  /** Passkeys are there where the browser has WebAuthn with the PRF extension. */
  passkeyPossible(): Promise<boolean>;
  setPasskey(key: string, present?: Secret): Promise<void>;
  /** Removes an account and everything of it from the device. */
  forget(key: string): Promise<void>;
  /** A question that needs no sign-in: signing in itself, signing up, an invitation. Raises Refused, NoNetwork. */
  askAnonymously<T>(operation: string, variables: Record<string, unknown>): Promise<T>;
}
