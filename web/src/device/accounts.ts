/** Who has signed in on this device, and how they get in again (accounts_api.ts). */
import type { Operations } from "~/generated/operations";
import type { Language } from "~/values/words";
import type { Account, Accounts, Secret, SignedIn } from "./accounts_api";
import { type Device, type Me, NoNetwork } from "./api";
import { meOf } from "./me";
import { type AppVersion, THIS_APP } from "./app_version";
import { eraseFolder, eraseOthers, newFolder } from "./folders";
import { askServer } from "./graphql";
import { eraseKept, eraseKeptOfOthers, Keeping } from "./keeping";
import { type Entry, Ledger } from "./ledger";
import { leaderLock } from "./names";
import { askPasskey, makePasskey, passkeyPossible } from "./passkey";
import { admit, isUsable, MOST_WRONG, NO_ATTEMPTS } from "./pin";
import { keyOfPin, keyOfPrf, type Lock, newAccountKey, newDeviceKey, PIN_ROUNDS, randomBytes, relock, seal, unlock } from "./sealing";
import { type DeviceRefusal, refused } from "./sentences";
import { noteUsed, SpareWorker, wasUsed } from "./spare_worker";
import { isIdle, mayStay, newStay, staysUntil, touched } from "./stay";
import { TabDevice } from "./tab_device";
import { finishWipes } from "./wipes";

export interface AccountsOptions {
  /** Of the sentences before anybody is signed in. */
  readonly language: () => Language;
  readonly newWorker?: () => Worker;
  readonly app?: AppVersion;
}

/** What a tab remembers over a reload: which account it had. Never a token. */
const PRESENT = "yunfan.account";
const SALT_BYTES = 16;
const utf8 = new TextEncoder();

/** The accounts of this device, for one tab. Ends what an ordered wipe left undone. */
export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const spare = new SpareWorker(options.newWorker ?? newMemberWorker);
  if (wasUsed()) spare.start();
  const ledger = await Ledger.open();
  const accounts = new AccountsOfDevice(ledger, spare, options);
  void tidy(ledger, accounts.parts);
  return accounts;
}

/** What a kill left undone, in one tab. */
async function tidy(ledger: Ledger, parts: Parts): Promise<void> {
  await navigator.locks.request("yunfan/tidy", { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    await finishWipes(ledger, parts);
    noteUsed((await ledger.entries()).length > 0);
    await eraseKeptOfOthers(async () => new Set((await ledger.entries()).map(({ key }) => key)));
    await eraseOthers(async () => {
      const wipes = await Promise.all((await ledger.wipes()).map((key) => ledger.wipe(key)));
      return new Set([...(await ledger.entries()), ...wipes].flatMap((found) => (found === null ? [] : [found.folder])));
    });
  });
}

interface Proven {
  readonly accountKey: CryptoKey;
  /** The key of the PIN or passkey; null: the device's key alone. */
  readonly guard: CryptoKey | null;
}

/** What starting a worker takes. */
export interface Parts {
  readonly app: AppVersion;
  readonly newWorker: () => Worker;
  readonly language: () => Language;
}

function newMemberWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "yunfan" });
}

class AccountsOfDevice implements Accounts {
  readonly parts: Parts;
  readonly #ledger: Ledger;
  readonly #spare: SpareWorker;
  #present: { readonly key: string; readonly device: TabDevice; readonly accountKey: CryptoKey } | null = null;

  constructor(ledger: Ledger, spare: SpareWorker, options: AccountsOptions) {
    this.#ledger = ledger;
    this.#spare = spare;
    this.parts = { app: options.app ?? THIS_APP, newWorker: () => spare.take(), language: options.language };
  }

  prepare(): void {
    if (this.#present === null) this.#spare.start();
  }

  async list(): Promise<readonly Account[]> {
    const [entries, wiped, signedIn] = [await this.#ledger.entries(), new Set(await this.#ledger.wipes()), new Set(await this.#ledger.keys("tokens"))];
    return entries
      .filter((entry) => !wiped.has(entry.key))
      .map((entry) => accountOf(entry, signedIn.has(entry.key)))
      .sort((one, other) => other.lastUsedAt.localeCompare(one.lastUsedAt));
  }

  /** The page has the token for this moment: whoever typed the password into it could have had it anyway. From here on it is
   * sealed, and only the worker opens it. */
  async signedIn({ token }: SignedIn): Promise<Device> {
    const me = await this.#whoIs(token);
    const key = `${me.tenantId}.${me.memberId}`;
    const found = await this.#ledger.entry(key);
    const { entry, accountKey } = await this.#renewed(key, me, found);
    await this.#ledger.saveToken(key, await seal(accountKey, utf8.encode(token), `${key}/token`));
    await this.#ledger.put(entry);
    const device = await this.#begin(entry, accountKey);
    await device.adoptToken(accountKey);
    return device;
  }

  async open(key: string, secret: Secret = {}): Promise<Device> {
    const entry = await this.#entry(key);
    if ((await this.#ledger.token(key)) === null) throw this.#refused("NOT_SIGNED_IN");
    return this.#enter(entry, (await this.#proven(entry, secret)).accountKey);
  }

  async resume(): Promise<Device | null> {
    const entry = await this.#usual();
    if (entry === null || entry.lock.kind !== "none" || (await this.#ledger.token(entry.key)) === null) return null;
    const accountKey = await unlock(entry.key, entry.lock.sealed, entry.deviceKey, null);
    return accountKey === null || (await this.#ledger.wipe(entry.key)) !== null ? null : this.#enter(entry, accountKey);
  }

  /** The account that this tab had; in a new tab the one that is alone on this device. */
  async #usual(): Promise<Entry | null> {
    const key = sessionStorage.getItem(PRESENT);
    if (key !== null) return this.#ledger.entry(key);
    const [alone, ...others] = await this.#ledger.entries();
    return others.length === 0 ? (alone ?? null) : null;
  }

  async setPin(key: string, pin: string | null, present: Secret = {}): Promise<void> {
    if (pin !== null && !isUsable(pin)) throw this.#refused("PIN_UNUSABLE", "pin");
    const guard = await this.#proven(await this.#entry(key), present);
    const salt = randomBytes(SALT_BYTES);
    const also = pin === null ? null : await keyOfPin(pin, salt, PIN_ROUNDS);
    await this.#relock(key, guard, also, (sealed) => (pin === null ? { kind: "none", sealed } : { kind: "pin", sealed, salt, rounds: PIN_ROUNDS }));
  }

  passkeyPossible(): Promise<boolean> {
    return passkeyPossible();
  }

  async setPasskey(key: string, present: Secret = {}): Promise<void> {
    const entry = await this.#entry(key);
    const guard = await this.#proven(entry, present);
    const made = await makePasskey(entry.me.memberName);
    if (made === null) throw this.#refused((await passkeyPossible()) ? "PASSKEY_FAILED" : "PASSKEY_IMPOSSIBLE");
    const { salt, credentialId } = made;
    await this.#relock(key, guard, await keyOfPrf(made.output), (sealed) => ({ kind: "passkey", sealed, salt, credentialId }));
  }

  async forget(key: string): Promise<void> {
    if (this.#present?.key === key) return this.#present.device.signOut({ wipe: true });
    const entry = await this.#entry(key);
    // Another tab that has it open ends its work first: a worker that went on would write into what is being erased.
    await navigator.locks.request(leaderLock(key), { steal: true }, async () => {
      await this.#ledger.forget(key);
      await eraseKept(key);
      await eraseFolder(entry.folder);
      noteUsed((await this.#ledger.entries()).length > 0);
    });
  }

  askAnonymously<T>(operation: string, variables: Record<string, unknown>): Promise<T> {
    return askServer<T>(operation, variables, { token: null, language: this.parts.language() });
  }

  /** The account's key and what guards it, once the member showed that they have that. Raises Refused. */
  async #proven(entry: Entry, secret: Secret): Promise<Proven> {
    const { lock, key, deviceKey } = entry;
    const opened = async (guard: CryptoKey | null): Promise<Proven | null> => {
      const accountKey = await unlock(key, lock.sealed, deviceKey, guard);
      return accountKey === null ? null : { accountKey, guard };
    };
    if (lock.kind === "none") return this.#sure(await opened(null), "NOT_SIGNED_IN");
    if (lock.kind === "passkey") {
      const output = await askPasskey(lock.credentialId, lock.salt);
      return this.#sure(output && (await opened(await keyOfPrf(output))), "PASSKEY_FAILED");
    }
    if (secret.pin === undefined) throw this.#refused("PIN_NEEDED", "pin");
    const wrong = await this.#admitted(key);
    const proven = await opened(await keyOfPin(secret.pin, lock.salt, lock.rounds));
    if (proven !== null) {
      await this.#ledger.change(key, (now) => ({ ...now, attempts: NO_ATTEMPTS }));
      return proven;
    }
    if (wrong < MOST_WRONG) throw this.#refused("PIN_WRONG", "pin");
    await this.#ledger.saveToken(key, null);
    throw this.#refused("PIN_LOCKED", "pin");
  }

  /** Counts an attempt; how many were wrong with it, if it is. */
  async #admitted(key: string): Promise<number> {
    let refusal: DeviceRefusal | null = null;
    const entry = await this.#ledger.change(key, (now) => {
      const admission = admit(now.attempts, Date.now());
      if (admission.admitted) return { ...now, attempts: admission.attempts };
      refusal = admission.code;
      return null;
    });
    if (entry === null) throw this.#refused(refusal ?? "ACCOUNT_UNKNOWN", "pin");
    return entry.attempts.wrong;
  }

  /** Opens what the company lets open now. Raises Refused (OFFLINE_TOO_LONG; IDLE_TOO_LONG where nothing was asked for that
   * would tell the member from whoever stands there). */
  async #enter(entry: Entry, accountKey: CryptoKey): Promise<Device> {
    const now = Date.now();
    if (entry.lock.kind === "none" && isIdle(entry.stay, now)) {
      await this.#ledger.saveToken(entry.key, null);
      throw this.#refused("IDLE_TOO_LONG");
    }
    const stays = mayStay(entry.stay, now);
    await this.#ledger.change(entry.key, (found) => ({ ...found, lastUsedAt: new Date(now).toISOString(), stay: touched(found.stay, now) }));
    const device = await this.#begin(entry, accountKey);
    if (stays) return device;
    try {
      await device.contact();
      return device;
    } catch (wrong) {
      await this.#leave();
      throw wrong instanceof NoNetwork ? this.#refused("OFFLINE_TOO_LONG") : wrong;
    }
  }

  async #begin(entry: Entry, accountKey: CryptoKey): Promise<TabDevice> {
    await this.#leave();
    const { key, me } = entry;
    const kept = new Keeping(key, async () => (await this.#ledger.entry(key)) !== null);
    const device = new TabDevice({ key, me, accountKey, kept, ...this.parts, left: () => this.#left(device), closed: () => this.#closed(device) });
    this.#present = { key, device, accountKey };
    try {
      await device.ready();
    } catch (wrong) {
      await this.#leave();
      throw wrong;
    }
    this.#spare.drop();
    sessionStorage.setItem(PRESENT, key);
    noteUsed(true);
    // Not awaited: Firefox asks the person, who may leave the question open.
    navigator.storage?.persist?.().then(
      () => device.storageAsked(),
      (wrong: unknown) => console.warn("yunfan: the browser may clear what is kept", wrong),
    );
    return device;
  }

  async #leave(): Promise<void> {
    const present = this.#present;
    this.#present = null;
    await present?.device.closed(this.#refused("ACCOUNT_LEFT"));
  }

  #left(device: TabDevice): void {
    if (this.#present?.device === device) sessionStorage.removeItem(PRESENT);
  }

  /** The account's key goes with it. */
  #closed(device: TabDevice): void {
    if (this.#present?.device === device) this.#present = null;
  }

  /** The account's key under another lock, for whoever opened the present one. */
  async #relock(key: string, { guard }: Proven, next: CryptoKey | null, lockOf: (sealed: Lock["sealed"]) => Lock): Promise<void> {
    const { lock, deviceKey } = await this.#entry(key);
    const sealed = this.#sure(await relock(key, lock.sealed, deviceKey, guard, next), "NOT_SIGNED_IN");
    await this.#ledger.change(key, (now) => ({ ...now, lock: lockOf(sealed), attempts: NO_ATTEMPTS }));
  }

  /** After a sign-in with the server. The account's key stays where it is to be had; a lock whose secret nobody gave goes. */
  async #renewed(key: string, me: Me, found: Entry | null): Promise<{ entry: Entry; accountKey: CryptoKey }> {
    const now = new Date();
    const opened = this.#present?.key === key ? this.#present.accountKey : null;
    const kept = opened ?? (found?.lock.kind === "none" ? await unlock(key, found.lock.sealed, found.deviceKey, null) : null);
    if (found !== null && kept !== null) {
      return { entry: { ...found, me, lastUsedAt: now.toISOString(), stay: touched(found.stay, now.getTime()), attempts: NO_ATTEMPTS }, accountKey: kept };
    }
    const deviceKey = found?.deviceKey ?? (await newDeviceKey());
    const { accountKey, sealed } = await newAccountKey(key, deviceKey);
    const lock: Lock = { kind: "none", sealed };
    const folder = found?.folder ?? newFolder();
    const fresh = { key, me, folder, deviceKey, lock, lastUsedAt: now.toISOString(), stay: newStay(now.getTime()), attempts: NO_ATTEMPTS, unsent: null, filled: false };
    return { entry: found === null ? fresh : { ...fresh, stay: touched(found.stay, now.getTime()), unsent: found.unsent, filled: found.filled }, accountKey };
  }

  async #whoIs(token: string): Promise<Me> {
    const { me } = await askServer<Operations["Me"]["result"]>("Me", {}, { token, language: this.parts.language() });
    return meOf(me);
  }

  async #entry(key: string): Promise<Entry> {
    if ((await this.#ledger.wipe(key)) !== null) throw this.#refused("DEVICE_WIPED");
    return this.#sure(await this.#ledger.entry(key), "ACCOUNT_UNKNOWN");
  }

  #sure<T>(found: T | null, code: DeviceRefusal): T {
    if (found === null) throw this.#refused(code);
    return found;
  }

  #refused(code: DeviceRefusal, field: string | null = null): Error {
    return refused(code, this.parts.language(), field);
  }
}

function accountOf(entry: Entry, signedIn: boolean): Account {
  const until = staysUntil(entry.stay);
  return {
    key: entry.key,
    tenantName: entry.me.tenantName,
    memberName: entry.me.memberName,
    orgCode: entry.me.orgCode,
    lastUsedAt: entry.lastUsedAt,
    lock: entry.lock.kind,
    offlineUntil: until === null ? null : new Date(until).toISOString(),
    unsent: entry.unsent,
    signedIn,
  };
}
