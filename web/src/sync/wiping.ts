/** Erasing a replica because the server says so, and the receipt (PROTOCOL.md, 13).
 *
 * Outside the replica lies a note: first the order, then how much was lost, at last the receipt, which goes without it
 * only when the server has it. A kill at any point is taken up at the next start.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { NoNetwork } from "~/device/api";
import { instant } from "~/values/instants";
import type { Json, JsonObject } from "~/values/json";
import { type Language, inLanguage } from "~/values/words";
import { DeviceWiped, SyncRefused, type WipeOrder } from "./errors";
import { SENTENCES } from "./sentences";

/** Where the note lies, and how everything of the member goes: the device room's affair. */
export interface WipePlace {
  /** The note of a wipe that has begun, or null. */
  load(): Promise<Json>;
  /** On the disk when the promise is fulfilled. Null: forgets it. */
  save(note: JsonObject | null): Promise<void>;
  /** Closes and deletes own.db, rows, files, parts and the token. Again after a kill: what is left. */
  erase(): Promise<void>;
}

/** What of the replica a wipe needs while it can be opened. */
export interface WipedReplica {
  pushLast(order: string): Promise<void>;
  pendingCount(): Promise<number>;
}

interface Receipt {
  readonly deviceId: string;
  readonly order: string;
  readonly unsent: number | null;
  readonly method: "deleted";
  readonly at: string;
  readonly proof: string;
}

interface Note {
  readonly deviceId: string;
  readonly order: WipeOrder;
  readonly unsent?: number | null;
  readonly receipt?: Receipt;
}

const WIPED = "/sync/v1/devices/wiped";

export class Wiping {
  /** `send`: a request without a token, whose refusals are raised and lead to nothing else. `now`: milliseconds. */
  constructor(
    readonly place: WipePlace,
    readonly send: (path: string, body: JsonObject) => Promise<JsonObject>,
    readonly language: () => Language,
    readonly now: () => number = Date.now,
  ) {}

  /** Whether an order was given: the replica is opened to its member no more. */
  async isDue(): Promise<boolean> {
    return (await this.#note()) !== null;
  }

  /** Carries out an order. Never returns; raises DeviceWiped. */
  async begin(deviceId: string, order: WipeOrder, replica: WipedReplica): Promise<never> {
    if (!(await this.isDue())) {
      await this.#save({ deviceId, order });
    }
    return this.finish(replica);
  }

  /** Goes on where a kill came between. `replica`: null where it cannot be opened any more. Raises DeviceWiped. */
  async finish(replica: WipedReplica | null): Promise<never> {
    let note = await this.#note();
    if (note === null) {
      throw this.#wiped(null, true);
    }
    if (note.unsent === undefined) {
      note = { ...note, unsent: await this.#lost(note.order, replica) };
      await this.#save(note);
    }
    if (note.receipt === undefined) {
      await this.place.erase();
      note = { ...note, receipt: this.#receipt(note) };
      await this.#save(note);
    }
    throw this.#wiped(note.unsent ?? null, await this.sendReceipt());
  }

  /** Sends what is due; whether nothing is any more. */
  async sendReceipt(): Promise<boolean> {
    const receipt = (await this.#note())?.receipt;
    if (receipt === undefined) {
      return true;
    }
    try {
      await this.send(WIPED, receipt as unknown as JsonObject);
    } catch (wrong) {
      const later = wrong instanceof NoNetwork || (wrong instanceof SyncRefused && (wrong.status === 429 || wrong.status >= 500));
      if (later) {
        return false;
      }
      if (!(wrong instanceof SyncRefused)) {
        throw wrong;
      }
      // The order is not in force any more: nobody waits for this receipt. What was erased stays so.
    }
    await this.place.save(null);
    return true;
  }

  /** How many edits are lost, after the last push that the order admits; null: nobody can count them. */
  async #lost(order: WipeOrder, replica: WipedReplica | null): Promise<number | null> {
    if (replica === null) {
      return null;
    }
    if (order.afterPush) {
      try {
        await replica.pushLast(order.order);
      } catch (wrong) {
        if (!(wrong instanceof NoNetwork) && !(wrong instanceof SyncRefused)) {
          throw wrong;
        }
        // What the server does not take now is lost.
      }
    }
    return replica.pendingCount();
  }

  #receipt(note: Note): Receipt {
    const [unsent, at, method] = [note.unsent ?? null, instant(new Date(this.now())), "deleted" as const];
    const lines = [note.deviceId, note.order.order, unsent === null ? "-" : String(unsent), method, at];
    const proof = bytesToHex(hmac(sha256, utf8ToBytes(note.order.secret), utf8ToBytes(lines.join("\n"))));
    return { deviceId: note.deviceId, order: note.order.order, unsent, method, at, proof };
  }

  async #note(): Promise<Note | null> {
    return (await this.place.load()) as unknown as Note | null;
  }

  #save(note: Note): Promise<void> {
    return this.place.save(note as unknown as JsonObject);
  }

  #wiped(unsent: number | null, confirmed: boolean): DeviceWiped {
    const says = inLanguage(SENTENCES, this.language());
    return new DeviceWiped(says.wiped(unsent), says.wipedRemedy, unsent, confirmed);
  }
}
