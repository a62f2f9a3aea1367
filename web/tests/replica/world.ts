/** A small member's world for the replica's tests: a description made of the present schema, commands, pages. */
import type { CommandSchema, MemberSchema } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import type { ListTable } from "~/values/description";
import type { Keeping } from "~/replica/files";
import { Replica, openMemory, parsePage, type Described, type Driver, type Page } from "~/replica";
import schema from "../../../sync/vectors/schema.json";

type Kinds = Readonly<Record<string, Readonly<Record<string, string>>>>;
export const KINDS = schema.collections as Kinds;
const TYPES: Readonly<Record<string, "TEXT" | "INTEGER" | "REAL">> = { integer: "INTEGER", boolean: "INTEGER", decimal: "REAL" };
const KEYED: readonly string[] = ["customers.name", "contacts.name", "products.name"];

function listOf(collection: string, kinds: Readonly<Record<string, string>>): ListTable {
  const names = Object.keys(kinds).filter((name) => name !== "id" && name !== "version" && kinds[name] !== "json");
  const columns = names.flatMap((name) => {
    const column = { name, type: TYPES[kinds[name] ?? ""] ?? ("TEXT" as const), path: `$.${name}`, keyOf: null };
    return KEYED.includes(`${collection}.${name}`) ? [column, { name: `${name}Key`, type: "TEXT" as const, path: null, keyOf: name }] : [column];
  });
  const indexes = [["updatedAt", "id"], ...columns.filter(({ keyOf }) => keyOf !== null).map(({ name }) => [name, "id"])];
  for (const name of ["ownerId", "customerId", "orderId"]) if (names.includes(name)) indexes.push([name, "updatedAt", "id"]);
  return { collection, table: `list_${collection}`, columns, indexes, kept: columns.map(({ name }) => name).slice(0, 6) };
}

export const DESCRIBED: Described = {
  lists: Object.fromEntries(Object.entries(KINDS).map(([collection, kinds]) => [collection, listOf(collection, kinds)])),
  listsHash: "tests",
  searched: { customers: { name: ["name"], code: ["code"], phone: ["phone"], email: ["email"] }, products: { name: ["name"], code: ["code"] } },
};

function command(collection: string | null, effect: CommandSchema["effect"], more: Partial<Record<keyof CommandSchema, unknown>> = {}): CommandSchema {
  return { collection, effect, fields: ["id"], merges: effect === "edit", sets: {}, children: {}, adds: null, takes: null, ...more } as CommandSchema;
}

const STOCK_MATCH = ["productId", "warehouseId"];
export const COMMANDS: Readonly<Record<string, CommandSchema>> = {
  "party.create_customer": command("customers", "create", { merges: true }),
  "party.edit_customer": command("customers", "edit"),
  "party.archive_customer": command("customers", "archive"),
  "party.restore_customer": command("customers", "restore"),
  "sales.create_order": command("salesOrders", "create", { sets: { state: "draft" }, children: { lines: { collection: "salesOrderLines", parent: "orderId" } } }),
  "sales.confirm_order": command("salesOrders", "transition", { sets: { state: "confirmed" } }),
  "sales.deliver_order": command("salesOrders", "transition", {
    sets: { state: "delivered" },
    takes: { collection: "stockBalances", rows: "salesOrderLines", parent: "orderId", match: STOCK_MATCH, number: "onHand", minus: "quantity", only: { warehouseId: "warehouses" } },
  }),
  "inventory.move_stock": command("stockMoves", "create", {
    adds: { collection: "stockBalances", match: STOCK_MATCH, number: "onHand", plus: "quantity", minus: null, of: null, sets: {} },
  }),
  "tenants.resolve_inbox_entry": command("inbox", "none"),
  "tenants.lease_numbers": command("numberLeases", "none"),
  "tenants.void_number": command(null, "none", { fields: ["series", "number", "reason"] }),
};

export const SCHEMA: MemberSchema = {
  hash: "s",
  collections: Object.fromEntries(
    Object.entries(KINDS).map(([name, kinds]) => [name, { entity: name, archivable: "archivedAt" in kinds, fields: Object.fromEntries(Object.keys(kinds).map((field) => [field, "three_way"])) }]),
  ),
  commands: COMMANDS,
};

/** Vitest's browser mode: files are real there. */
export const BROWSER = typeof document !== "undefined";

export const DEVICE = "018f0000-0000-7000-8000-0000000000d1";
export const MEMBER = "m";

/** Every list is answered from memory; none is. */
export const ALWAYS: Keeping = { from: 0, patienceMs: 60_000 };
export const NEVER: Keeping = { from: 1_000_000, patienceMs: 0 };

export interface World {
  readonly driver: Driver;
  readonly replica: Replica;
}

/** A registered replica without rows. */
export async function begin({ driver, schema: given = SCHEMA, now, keeping }: { driver?: Driver; schema?: MemberSchema; now?: () => Date; keeping?: Keeping } = {}): Promise<World> {
  const opened = driver ?? (await freshDriver());
  const replica = await again(opened, { ...(now && { now }), ...(keeping && { keeping }) });
  await replica.store.nameDevice(DEVICE, "test", "test");
  await replica.store.registered(DEVICE, { memberId: MEMBER, lastMutation: 0, schema: given });
  return { driver: opened, replica };
}

/** Files of their own: a pool of the browser's where there is one, else in memory. */
export async function freshDriver(): Promise<Driver> {
  if (!BROWSER) return openMemory();
  const { PoolDriver } = await import("./pool_driver");
  return PoolDriver.fresh();
}

// Not in a worker, where there is no Vitest.
if (BROWSER) {
  const [{ afterEach, beforeEach }, { PoolDriver }] = await Promise.all([import("vitest"), import("./pool_driver")]);
  beforeEach(() => PoolDriver.testBegins());
  afterEach(() => PoolDriver.giveBack());
}

export function again(driver: Driver, options: { now?: () => Date; keeping?: Keeping } = {}): Promise<Replica> {
  return Replica.open(driver, { described: DESCRIBED, schemaVersion: 1, ...options });
}

/** The replica that a killed worker has left on the driver: where there is a worker, it is killed. */
export async function killed(driver: Driver, options: Parameters<typeof again>[1] = {}): Promise<World> {
  const left = "killed" in driver ? await (driver as Driver & { killed(): Promise<Driver> }).killed() : driver;
  return { driver: left, replica: await again(left, options) };
}

export interface Part {
  readonly name: string;
  readonly mode?: string;
  readonly removes?: readonly string[];
  readonly puts?: readonly (string | JsonObject)[];
}

export function pageOf(cursor: string, parts: readonly Part[], header: Readonly<Record<string, Json>> = {}): Page {
  const sections = parts.map(({ name, mode = "delta", removes = [], puts = [] }) => ({ name, mode, removes: removes.length, puts: puts.length }));
  const lines = parts.flatMap(({ removes = [], puts = [] }) => [...removes, ...puts.map((row) => (typeof row === "string" ? row : JSON.stringify(row)))]);
  const head = { cursor, more: false, rebase: false, schema: "s", serverTime: "2026-03-02T01:30:00.000000Z", sections, ...header };
  return parsePage([JSON.stringify(head), ...lines].join("\n"));
}

/** A pull's page, kept. */
export async function pull(replica: Replica, cursor: string, parts: readonly Part[], header: Readonly<Record<string, Json>> = {}): Promise<void> {
  const kept = await replica.store.keep(pageOf(cursor, parts, header), await replica.store.standing());
  if (!kept) throw new Error("the page was not kept");
}

/** A fixed id by number. */
export function idNumber(number: number, kind = 0): string {
  return `018f0000-0000-7000-8${kind.toString(16).padStart(3, "0")}-${number.toString(16).padStart(12, "0")}`;
}
