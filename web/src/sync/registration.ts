/** Under which id, and as whose, the server knows this replica (PROTOCOL.md, 2). */
import type { MemberSchema } from "~/device/api";
import type { Standing, StoreApi } from "~/replica/store_api";
import type { Machine, Said } from "./about";
import { SyncRefused } from "./errors";
import type { Transport } from "./transport";
import { Shared } from "./waiting";

const REVOKED = "sync.revoked"; // the mark of the token with which it was
const USED = "sync.token_used"; // the mark of the token with which the device last registered

export class Registration {
  readonly #registering = new Shared(() => this.#register());

  constructor(
    readonly store: StoreApi,
    readonly transport: Transport,
    readonly said: Said,
    readonly machine: Machine,
    readonly newId: () => string,
    readonly now: () => number,
  ) {}

  /** Makes this replica known to the server under the id that it has, or gets here. Of a revoked device, after a new
   * sign-in: a device of its own, and what was not sent goes along. Raises SyncRefused, NoNetwork. */
  register(): Promise<string> {
    return this.#registering.run();
  }

  async #register(): Promise<string> {
    await this.store.nameDevice(this.newId(), this.machine.name, this.machine.platform);
    if ((await this.store.get(REVOKED)) === null) {
      try {
        return await this.announce();
      } catch (refused) {
        if (!(refused instanceof SyncRefused) || refused.code !== "DEVICE_REVOKED") {
          throw refused;
        }
      }
    }
    await this.store.outbox.becomeCopy(this.newId(), String(await this.store.get("device_id")), new Date(this.now()));
    await this.store.set({ [REVOKED]: null });
    return this.announce();
  }

  /** Keeps that the server revoked this device, and under which sign-in: a request under the former id would end the next
   * sign-in too. */
  async noteRevoked(): Promise<void> {
    await this.store.set({ [REVOKED]: await this.transport.tokens.mark() });
  }

  /** Whether the server said so; `register` is the way on, after a new sign-in. */
  async isRevoked(): Promise<boolean> {
    return (await this.store.get(REVOKED)) !== null;
  }

  /** What comes before anything else: with a token that was not used here yet the device registers again, for a request
   * of a revoked one would end the new sign-in too. False: it was revoked and nobody has signed in since; nothing may be
   * asked. Raises SyncRefused, NoNetwork. */
  async admitted(): Promise<boolean> {
    const mark = await this.transport.tokens.mark();
    if ((await this.store.get(REVOKED)) === mark) {
      return false;
    }
    if ((await this.store.get(USED)) !== mark) {
      try {
        await this.register();
      } catch (refused) {
        const known = (await this.store.standing()).deviceId !== null;
        if (!known || !(refused instanceof SyncRefused) || refused.code !== "SERVER_TOO_OLD") {
          throw refused; // an older server takes a push all the same
        }
      }
      await this.store.set({ [USED]: mark });
    }
    return true;
  }

  /** Tells the server of this device: at first, after a copy became one of its own, after a restore forgot it. */
  async announce(): Promise<string> {
    const deviceId = String(await this.store.get("device_id"));
    const [memberId, originId] = [await this.store.get("member_id"), await this.store.get("origin_id")];
    const answer = await this.transport.post("/sync/v1/devices", {
      deviceId,
      name: (await this.store.get("name")) || this.machine.name,
      platform: (await this.store.get("platform")) || this.machine.platform,
      ...(await this.said()),
      // What waits here is that member's, and never anybody else's.
      ...(memberId === null ? {} : { memberId }),
      ...(originId === null ? {} : { originId }),
    });
    await this.store.registered(deviceId, answer as unknown as { memberId: string; lastMutation: number; schema: MemberSchema });
    return deviceId;
  }

  /** Where the replica stands; a device that the server does not know yet is announced. Raises SyncRefused, NoNetwork. */
  async standing(): Promise<Standing & { readonly deviceId: string }> {
    for (;;) {
      const standing = await this.store.standing();
      if (standing.deviceId !== null) {
        return { ...standing, deviceId: standing.deviceId };
      }
      await this.register();
    }
  }

  async deviceId(): Promise<string> {
    return (await this.standing()).deviceId;
  }
}
