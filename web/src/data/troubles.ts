/** Troubles that a bar above every screen tells, with what to do: screens need not say them again. */

/** The sign-in here was ended from elsewhere. */
const ENDED: ReadonlySet<string> = new Set(["NOT_SIGNED_IN", "DEVICE_REVOKED"]);
const DEVICES_FULL = "TOO_MANY_DEVICES";

export function isSignedOut(code: string): boolean {
  return ENDED.has(code);
}

/** The member has as many devices as one may have: this one is not among them. */
export function isDevicesFull(code: string): boolean {
  return code === DEVICES_FULL;
}

export function hasBar(code: string): boolean {
  return isSignedOut(code) || isDevicesFull(code);
}
