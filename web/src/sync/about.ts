/** What a device tells of itself with each request (PROTOCOL.md, 2.4). */
import type { StoreApi } from "~/replica/store_api";
import type { JsonObject } from "~/values/json";

export const CLIENT = "yunfan-web/1";
const LONGEST = 100;

/** `persistent`: whether the browser promised not to clear the storage; null: not known. */
export interface Machine {
  /** How the device is called in the company's list, and what it is: "Chrome 151, Windows". */
  readonly name: string;
  readonly platform: string;
  /** Null until it is known, and where the browser does not say. */
  osVersion(): string | null;
  readonly appVersion: string | null;
  persistent(): boolean | null;
}

/** What goes with every request. */
export type Said = () => Promise<JsonObject>;

/** `schemaVersion`: of the sync schema that this app was built for (PROTOCOL.md, 16). */
export function sayer(store: StoreApi, machine: Machine, schemaVersion: number): Said {
  return async () => {
    const told = {
      osVersion: machine.osVersion()?.slice(0, LONGEST) ?? null,
      appVersion: machine.appVersion?.slice(0, LONGEST) ?? null,
      client: CLIENT,
      oldestQueuedAt: await store.outbox.oldestPending(),
      replicaBytes: await store.size(),
      encrypted: false,
      persistent: machine.persistent(),
    };
    return { about: Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null)), schemaVersion };
  };
}
