/** What colleagues did with the member's own rows since this device knows them: read from the rows, no door of its own. */
import type { Device, Row } from "~/device/api";
import { isObject } from "~/ui/described";
import { textOf, type Json } from "~/values/json";

export type Rows = Pick<Device, "list" | "rows" | "schema" | "kept" | "me">;
export type Happened = "confirmed" | "delivered" | "cancelled" | "edited" | "handedOver";

export interface Happening {
  /** The same one has the same key, on every visit. */
  readonly key: string;
  readonly what: Happened;
  /** "": nobody who is known here. */
  readonly who: string;
  readonly called: string;
  readonly to: string;
  /** RFC 3339, by the server's clock. */
  readonly at: string;
}

/** `since`: the newest change that came with the first load; "" without any. `known`: customers of the member that others
 * entered; of these only a later one was handed over, whatever else is changed in them. `handed`: when. */
interface Memory {
  readonly since: string;
  readonly known: readonly string[];
  readonly handed: Readonly<Record<string, string>>;
}

const KEPT = "news";
const SHOWN = 20;
const ALL = 100_000;
const STEPS = ["confirmed", "delivered", "cancelled"] as const;

/** Newest first. `loaded`: the first load is complete; before that, and of what came with it, there is no news. */
export async function happenings(device: Rows, loaded: boolean): Promise<readonly Happening[]> {
  if (!loaded) return [];
  const known = memoryOf(await device.kept.read(KEPT));
  const here = new Set(Object.keys((await device.schema())?.collections ?? {}));
  if (known === null) {
    await device.kept.write(KEPT, toJson(await firstMemory(device, here)));
    return [];
  }
  const memory = here.has("customers") ? await withHandedOver(device, known) : known;
  if (memory !== known) await device.kept.write(KEPT, toJson(memory));
  const found = [...(await handedOver(device, memory, here)), ...(here.has("salesOrders") ? await onOrders(device, memory, here) : [])];
  return found.sort((one, other) => other.at.localeCompare(one.at)).slice(0, SHOWN);
}

async function firstMemory(device: Rows, here: ReadonlySet<string>): Promise<Memory> {
  const newest = async (collection: string): Promise<string> =>
    here.has(collection) ? textOf((await device.list({ collection, where: mine(device), orderBy: [{ field: "updatedAt", desc: true }], archived: "all", limit: 1 })).rows[0]?.["updatedAt"] ?? null) : "";
  const since = (await Promise.all(["customers", "salesOrders", "salesOrderLines"].map(newest))).toSorted().at(-1) ?? "";
  const entered = here.has("customers") ? (await device.list({ collection: "customers", where: enteredByOthers(device), archived: "all", limit: ALL })).rows : [];
  return { since, known: entered.map((row) => row.id), handed: {} };
}

/** Who takes a row over finds it changed, so only changed ones are looked at. */
async function withHandedOver(device: Rows, memory: Memory): Promise<Memory> {
  const { rows } = await device.list({ collection: "customers", where: [...enteredByOthers(device), ...later(memory)], archived: "all", limit: ALL });
  const known = new Set(memory.known);
  const fresh = rows.filter((row) => !known.has(row.id));
  if (fresh.length === 0) return memory;
  const handed = Object.fromEntries(fresh.map((row) => [row.id, textOf(row["updatedAt"])]));
  return { ...memory, known: [...memory.known, ...fresh.map((row) => row.id)], handed: { ...memory.handed, ...handed } };
}

async function handedOver(device: Rows, { handed }: Memory, here: ReadonlySet<string>): Promise<readonly Happening[]> {
  const ids = Object.keys(handed);
  if (ids.length === 0 || !here.has("customers")) return [];
  const rows = await device.rows("customers", ids);
  const own = rows.filter((row) => row["ownerId"] === device.me.memberId && row["archivedAt"] === null);
  return own.map((row) => ({ key: `handed.${row.id}`, what: "handedOver" as const, who: "", called: textOf(row["name"]), to: `/customers/${row.id}`, at: handed[row.id] ?? "" }));
}

async function onOrders(device: Rows, memory: Memory, here: ReadonlySet<string>): Promise<readonly Happening[]> {
  const changed = { where: [...mine(device), ...later(memory)], orderBy: [{ field: "updatedAt", desc: true }], archived: "all" as const, limit: SHOWN * 5 };
  const orders = (await device.list({ ...changed, collection: "salesOrders" })).rows;
  const lines = here.has("salesOrderLines") ? (await device.list({ ...changed, collection: "salesOrderLines" })).rows : [];
  const known = new Map(orders.map((row) => [row.id, row]));
  const others = [...new Set(lines.map((line) => textOf(line["orderId"])))].filter((id) => id !== "" && !known.has(id));
  for (const row of others.length === 0 ? [] : await device.rows("salesOrders", others)) known.set(row.id, row);
  const found = [...known.values()].flatMap((order) => {
    const edits = [order, ...lines.filter((line) => line["orderId"] === order.id)];
    return [...stepsOf(device, memory, order), ...editOf(device, memory, order, edits)];
  });
  const names = await namesOf(device, [...found.map(({ whoId }) => whoId), ...found.map(({ order }) => textOf(order["customerId"]))], here);
  return found.map(({ order, what, whoId, at }) => ({
    key: `order.${order.id}.${what}.${at}`,
    what,
    who: names.get(whoId) ?? "",
    called: [textOf(order["number"]), names.get(textOf(order["customerId"])) ?? ""].filter((part) => part !== "").join(" · "),
    to: `/orders/${order.id}`,
    at,
  }));
}

interface OnOrder {
  readonly order: Row;
  readonly what: Happened;
  readonly whoId: string;
  readonly at: string;
}

/** What is queued here shows as done already: that is the member's own. */
function stepsOf(device: Rows, { since }: Memory, order: Row): readonly OnOrder[] {
  return STEPS.flatMap((what) => {
    const at = textOf(order[`${what}At`]);
    const whoId = textOf(order[`${what}ById`]);
    return at > since && whoId !== device.me.memberId ? [{ order, what, whoId, at }] : [];
  });
}

/** Of a draft; the last of several. Neither a step nor a handing over, which change the row as well, is an edit. */
function editOf(device: Rows, { since, handed }: Memory, order: Row, rows: readonly Row[]): readonly OnOrder[] {
  if (order["state"] !== "draft") return [];
  const moved = handed[textOf(order["customerId"])];
  const foreign = rows.filter((row) => {
    const at = textOf(row["updatedAt"]);
    return row._state === null && at > since && at !== moved && at !== textOf(order["createdAt"]) && textOf(row["updatedById"]) !== device.me.memberId;
  });
  const last = foreign.toSorted((one, other) => textOf(other["updatedAt"]).localeCompare(textOf(one["updatedAt"])))[0];
  return last === undefined ? [] : [{ order, what: "edited", whoId: textOf(last["updatedById"]), at: textOf(last["updatedAt"]) }];
}

async function namesOf(device: Rows, ids: readonly string[], here: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids.filter((id) => id !== ""))];
  const asked = wanted.length === 0 ? [] : ["members", "customers"].filter((collection) => here.has(collection));
  const found = await Promise.all(asked.map((collection) => device.rows(collection, wanted)));
  return new Map(found.flat().map((row) => [row.id, textOf(row["name"])]));
}

function mine(device: Rows) {
  return [{ field: "ownerId", op: "eq" as const, value: device.me.memberId }];
}

function enteredByOthers(device: Rows) {
  return [...mine(device), { field: "createdById", op: "ne" as const, value: device.me.memberId }];
}

function later({ since }: Memory) {
  return since === "" ? [] : [{ field: "updatedAt", op: "gt" as const, value: since }];
}

function memoryOf(kept: Json): Memory | null {
  if (!isObject(kept) || typeof kept["since"] !== "string" || !Array.isArray(kept["known"]) || !isObject(kept["handed"])) return null;
  const handed = Object.entries(kept["handed"]).flatMap(([id, at]) => (typeof at === "string" ? [[id, at] as const] : []));
  return { since: kept["since"], known: kept["known"].filter((id) => typeof id === "string"), handed: Object.fromEntries(handed) };
}

function toJson({ since, known, handed }: Memory): Json {
  return { since, known: [...known], handed: { ...handed } };
}
