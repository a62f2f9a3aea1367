/** A server that says what a test wants: for what the real one says only after a restore, an update or a rule. */
import { DESCRIPTION } from "~/generated/description";
import { OPERATIONS } from "~/generated/operations";
import { Replica, describedBy, openMemory } from "~/replica";
import type { JsonObject } from "~/values/json";
import { Sync } from "~/sync/syncing";
import { Kept } from "./devices";

export interface Asked {
  readonly path: string;
  readonly body: JsonObject;
}

export type Says = (body: JsonObject, asked: number) => Response;

const TIME = "2026-03-02T01:30:00Z";
const CREATE = { collection: "customers", effect: "create", fields: ["id", "name"], merges: false, sets: {}, children: {}, adds: null, takes: null };
const SCHEMA = {
  hash: "s",
  collections: { customers: { entity: "party.Customer", archivable: true, fields: { id: "server", name: "three_way" } }, attachments: { entity: "tenants.Attachment", archivable: true, fields: { id: "server", state: "server" } } },
  commands: { "party.create_customer": CREATE, "tenants.attach_file": { ...CREATE, collection: "attachments", fields: ["id", "entity", "rowId", "fileName", "sizeBytes", "sha256"] } },
};

export function refusal(status: number, code: string, more: JsonObject = {}): Response {
  return Response.json({ code, message: `${code}.`, remedy: "", ...more }, { status });
}

export function page(cursor: string, more: Readonly<Record<string, unknown>> = {}): Response {
  return new Response(`${JSON.stringify({ cursor, more: false, rebase: false, schema: "s", serverTime: TIME, sections: [], ...more })}\n`);
}

/** Takes all that is offered; `last`: where it says that it stands. */
export function taken(body: JsonObject, last?: number, more: JsonObject = {}): Response {
  const offered = body["mutations"] as { n: number; uuid: string }[];
  const outcomes = offered.map(({ n, uuid }) => ({ n, uuid, status: "applied", waitsFor: [] }));
  const lastMutation = last ?? Math.max(0, ...offered.map(({ n }) => n));
  return Response.json({ outcomes, lastMutation, clock: `k${lastMutation}`, serverTime: TIME, stopped: null, ...more });
}

/** What every door says unless a test has other words. */
const USUAL: Readonly<Record<string, Says>> = {
  devices: (body) => Response.json({ deviceId: body["deviceId"] ?? null, memberId: "m", lastMutation: 0, schema: SCHEMA, schemaVersion: 1, serverTime: TIME }),
  load: () => Response.json({ files: [], serverTime: TIME }),
  push: (body) => taken(body),
  pull: (_body, asked) => page(`c${asked}`),
};

export class Scripted {
  readonly asked: Asked[] = [];
  readonly says: Record<string, Says> = {};

  private constructor(
    readonly replica: Replica,
    readonly kept: Kept,
  ) {}

  static async open(): Promise<Scripted> {
    const described = describedBy(DESCRIPTION);
    const scripted = new Scripted(await Replica.open(await openMemory(), { described, schemaVersion: 1 }), new Kept());
    scripted.kept.token = "t";
    return scripted;
  }

  /** The requests to one door. */
  to(door: string): readonly JsonObject[] {
    return this.asked.filter(({ path }) => path === `/sync/v1/${door}`).map(({ body }) => body);
  }

  /** The numbers that each push offered. */
  offers(): readonly (readonly number[])[] {
    return this.to("push").map((body) => (body["mutations"] as { n: number }[]).map(({ n }) => n));
  }

  sync(): Sync {
    const { replica, kept } = this;
    return new Sync({
      store: replica.store,
      url: "http://server",
      keeper: { load: () => Promise.resolve(kept.token), save: async (token) => void (kept.token = token) },
      place: kept.place(() => replica.erase()),
      machine: { name: "d", platform: "node", osVersion: () => null, appVersion: null, persistent: () => null },
      schemaVersion: 1,
      listsHash: null,
      documents: OPERATIONS,
      language: () => "en",
      mutate: (command, args) => replica.mutate(command, args),
      isHolderGone: () => false,
      sleep: () => Promise.resolve(),
      fetch: async (url, init) => {
        const path = new URL(url).pathname;
        const body = JSON.parse(init.body === undefined ? "{}" : new TextDecoder().decode(init.body as Uint8Array)) as JsonObject;
        this.asked.push({ path, body });
        const door = path.split("/").at(-1) ?? "";
        const says = this.says[door] ?? USUAL[door];
        return says === undefined ? refusal(404, "NOT_FOUND") : says(body, this.to(door).length);
      },
    });
  }

  async create(name: string): Promise<string> {
    return String((await this.replica.mutate("party.create_customer", { name })).rowId);
  }
}
