/** The member's session token on a device: replaced every day, each new one on the disk before it is used.
 *
 * A lost answer is asked for again with the old token and brings the same new one.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { NoNetwork } from "~/device/api";
import type { StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";
import { SyncRefused } from "./errors";

/** Where the token is kept: the device room's affair. `load` gives "" where there is none. */
export interface TokenKeeper {
  load(): Promise<string>;
  save(token: string): Promise<void>;
}

export type Send = (path: string, body: JsonObject) => Promise<JsonObject>;

const ROTATED_AFTER_MS = 24 * 3_600_000;
const AGAIN_AFTER_MS = 3_600_000; // after a rotation that the server refused
const SINCE = "sync.token_since";

export class TokenChain {
  #token: string | null = null;
  #rotating: Promise<void> | null = null;
  #notBefore = 0;

  /** `now`: milliseconds of the device's clock. */
  constructor(
    readonly keeper: TokenKeeper,
    readonly store: Pick<StoreApi, "get" | "set">,
    readonly now: () => number = Date.now,
  ) {}

  async token(): Promise<string> {
    this.#token ??= await this.keeper.load();
    return this.#token;
  }

  /** Tells one sign-in's token from another's, and gives nothing away. */
  async mark(): Promise<string> {
    return markOf(await this.token());
  }

  /** After a sign-in: on the disk before it is used. */
  async adopt(token: string): Promise<void> {
    await this.keeper.save(token);
    this.#token = token;
    this.#notBefore = 0;
  }

  /** Forgets the token, here and where it is kept. */
  async forget(): Promise<void> {
    this.#token = "";
    await this.keeper.save("");
  }

  /** Asks for the next token when the present one is older than a day. A refusal is no hindrance: the present one is
   * good, or the request that follows says that it is not. Raises SyncRefused for a wipe alone. */
  rotateIfDue(send: Send): Promise<void> {
    this.#rotating ??= this.#rotate(send).finally(() => {
      this.#rotating = null;
    });
    return this.#rotating;
  }

  async #rotate(send: Send): Promise<void> {
    const deviceId = await this.store.get("device_id");
    const old = await this.token();
    if (typeof deviceId !== "string" || old === "" || this.now() < this.#notBefore || (await this.#age(old)) < ROTATED_AFTER_MS) {
      return;
    }
    try {
      const answer = await send("/sync/v1/token", { deviceId });
      if (this.#token === old) {
        await this.adopt(String(answer["token"])); // unless somebody signed in meanwhile
      }
    } catch (wrong) {
      if (wrong instanceof SyncRefused && wrong.order === null) {
        this.#notBefore = this.now() + AGAIN_AFTER_MS;
      } else if (!(wrong instanceof NoNetwork)) {
        throw wrong;
      }
    }
  }

  /** Milliseconds since this token was first seen here. */
  async #age(token: string): Promise<number> {
    const mark = markOf(token);
    const kept = await this.store.get(SINCE);
    if (typeof kept === "object" && kept !== null && !Array.isArray(kept)) {
      const { token: marked, at } = kept as JsonObject;
      if (marked === mark && typeof at === "number" && at <= this.now()) {
        return this.now() - at;
      }
    }
    await this.store.set({ [SINCE]: { token: mark, at: this.now() } });
    return 0;
  }
}

function markOf(token: string): string {
  return bytesToHex(sha256(utf8ToBytes(token))).slice(0, 16);
}
