/** What talking to the server may end in. */
import { NoNetwork, Refused } from "~/device/api";

/** With DEVICE_WIPED: what the device is to do (PROTOCOL.md, 13). */
export interface WipeOrder {
  readonly order: string;
  readonly secret: string;
  readonly afterPush: boolean;
}

/** The server said no. `retryAfterSeconds`: where it said when to come again. */
export class SyncRefused extends Refused {
  constructor(
    readonly status: number,
    code: string,
    message: string,
    remedy = "",
    field: string | null = null,
    readonly order: WipeOrder | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(code, message, remedy, field);
  }

  /** The same refusal, told while `seconds` of its time are left. */
  until(seconds: number): SyncRefused {
    return new SyncRefused(this.status, this.code, this.message, this.remedy, this.field, this.order, seconds);
  }
}

/** This replica was erased because the server asked for it. `unsent`: edits that were lost; null: nobody could count. */
export class DeviceWiped extends Refused {
  constructor(
    message: string,
    remedy: string,
    readonly unsent: number | null,
    readonly confirmed: boolean,
  ) {
    super("DEVICE_WIPED", message, remedy);
  }
}

/** What is under way was called off here: the replica closes. */
export class Stopped extends NoNetwork {}

/** The server cannot be reached, or did not answer; nothing is lost. Whoever shows it has a sentence of their own. */
export function unreachable(what: string, cause?: unknown): NoNetwork {
  return new NoNetwork(what, cause === undefined ? undefined : { cause });
}
