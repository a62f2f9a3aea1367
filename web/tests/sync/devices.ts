/** Devices of a company's admin: a real replica in memory, the real server, and a network between them that may fail. */
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { OPERATIONS } from "~/generated/operations";
import { type Driver, Replica, describedBy, openMemory } from "~/replica";
import type { Json, JsonObject } from "~/values/json";
import { Sync, type SyncOptions } from "~/sync/syncing";
import type { WipePlace } from "~/sync/wiping";
import { type Company, signIn } from "./company";
import { Network } from "./networks";

export interface TestDevice {
  readonly replica: Replica;
  readonly sync: Sync;
  readonly network: Network;
  readonly driver: Driver;
  readonly kept: Kept;
  mutate(command: string, args: JsonObject): Promise<string>;
  customer(id: string): Promise<Row | null>;
  /** Names of all customers that show. */
  names(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What the device room keeps outside the replica. */
export class Kept {
  token = "";
  note: Json = null;
  erased = 0;
  /** The steps in their order. */
  readonly steps: string[] = [];

  place(erase: () => Promise<void>): WipePlace {
    return {
      load: () => Promise.resolve(this.note),
      save: async (note) => {
        this.note = note;
        this.steps.push(note === null ? "forgotten" : Object.keys(note).join(" "));
      },
      erase: async () => {
        this.erased += 1;
        this.steps.push("erased");
        this.token = "";
        await erase();
      },
    };
  }
}

/** `mortal`: it may be killed, and then it never comes to an end by itself. */
export type Given = Partial<SyncOptions> & { readonly driver?: Driver; readonly network?: Network; readonly kept?: Kept; readonly mortal?: boolean };

const open: TestDevice[] = [];

/** A device on a fresh replica, or on what another one left (`driver`, `kept`); the server hears of it with its first sync. */
export async function device(company: Company, given: Given = {}): Promise<TestDevice> {
  const driver = given.driver ?? (await openMemory());
  const network = given.network ?? new Network();
  const kept = given.kept ?? new Kept();
  if (given.kept === undefined) {
    kept.token = await signIn(company);
  }
  const replica = await Replica.open(driver, { described: describedBy(DESCRIPTION), schemaVersion: DESCRIPTION.schemaVersion });
  const sync: Sync = new Sync({
    store: replica.store,
    url: company.url,
    keeper: { load: () => Promise.resolve(kept.token), save: async (token) => void (kept.token = token) },
    place: kept.place(() => replica.erase()),
    machine: { name: "测试机", platform: "node", osVersion: () => null, appVersion: "test", persistent: () => null },
    schemaVersion: DESCRIPTION.schemaVersion,
    listsHash: DESCRIPTION.listsHash,
    documents: OPERATIONS,
    language: () => "zh-CN",
    mutate: (command, args) => replica.mutate(command, args),
    isHolderGone: () => false,
    fetch: network.fetch,
    ...given,
  });
  const made: TestDevice = {
    replica,
    sync,
    network,
    driver,
    kept,
    mutate: async (command, args) => {
      const { rowId } = await replica.mutate(command, args);
      sync.mutated();
      return String(rowId);
    },
    customer: (id) => replica.row("customers", id),
    names: async () => (await replica.list({ collection: "customers", limit: 5000 })).rows.map((row) => String(row["name"])),
    close: () => sync.stop(),
  };
  if (given.mortal !== true) {
    open.push(made);
  }
  return made;
}

/** After each test: nothing of it talks to the server any more. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.close()));
}

/** Waits until it is so; how many milliseconds that took. */
export async function until(so: () => boolean | Promise<boolean>, patienceMs = 10_000): Promise<number> {
  const began = performance.now();
  while (!(await so())) {
    if (performance.now() - began > patienceMs) {
      throw new Error("it did not come to that");
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - began;
}
