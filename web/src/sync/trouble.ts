/** What a person must know when the server answers and yet nothing goes out or comes in. */
import { NoNetwork, Refused, type Trouble } from "~/device/api";
import { type Language, inLanguage } from "~/values/words";
import { LONGEST_WAIT_SECONDS } from "./backoff";
import { SyncRefused } from "./errors";
import { SENTENCES } from "./sentences";

/** Null: nothing that a person must know. The server's sentence stands, but where it cannot know what this app does. */
export function troubleOf(wrong: unknown, language: Language): Trouble | null {
  if (wrong instanceof NoNetwork || !(wrong instanceof Refused)) {
    return null; // `online` says it; or a defect, which is reported elsewhere
  }
  const says = inLanguage(SENTENCES, language);
  const { code } = wrong;
  switch (code) {
    case "NOT_SIGNED_IN":
      return { code, message: says.signInAgain, remedy: says.signInAgainRemedy };
    case "DEVICE_REVOKED":
      return { code, message: says.revoked, remedy: says.revokedRemedy };
    case "TOO_MANY_DEVICES":
      return { code, message: wrong.message, remedy: says.tooManyDevicesRemedy };
    case "DEVICE_MUST_ENCRYPT":
      return { code, message: says.mustEncrypt, remedy: says.mustEncryptRemedy };
    case "APP_TOO_OLD":
      return { code, message: says.appTooOld, remedy: says.appTooOldRemedy };
    case "SERVER_TOO_OLD":
      return { code, message: says.serverTooOld, remedy: says.serverTooOldRemedy };
    case "REPLICA_OF_ANOTHER":
      return { code, message: says.otherReplica, remedy: says.otherReplicaRemedy };
    default:
      return PASSING.has(code) ? later(wrong, says) : { code, message: wrong.message, remedy: wrong.remedy };
  }
}

const PASSING: ReadonlySet<string> = new Set(["OVER_QUOTA", "THROTTLED", "BUSY"]);

/** A wait that is over before anybody would read of it is no trouble. */
function later(wrong: Refused, says: { later(seconds: number): string; readonly laterRemedy: string }): Trouble | null {
  const seconds = wrong instanceof SyncRefused ? wrong.retryAfterSeconds : null;
  return seconds === null || seconds <= LONGEST_WAIT_SECONDS ? null : { code: wrong.code, message: says.later(seconds), remedy: says.laterRemedy };
}
