/** One to-do list over all modules, from the rows on this device. */
import { useMemo } from "react";
import type { Condition, Device, ListQuery, Row } from "~/device/api";
import { textOf } from "~/values/json";
import { useMay } from "./access_context";
import { useDevice } from "./device_context";
import { useLive } from "./hooks";

export type TodoKind = "inbox" | "followUps" | "drafts" | "deliveries" | "negative" | "counts";

export interface TodoGroup {
  readonly kind: TodoKind;
  readonly collection: string;
  readonly rows: readonly Row[];
  readonly total: number;
}

const WATCHED = ["inbox", "activities", "salesOrders", "stockBalances", "stockCounts"];
/** How many of each kind are shown at most; `total` tells of the rest. */
const EACH = 50;
const LOOK_BACK_DAYS = 90;
const DAY_MS = 86_400_000;

interface Source {
  readonly kind: TodoKind;
  readonly permission: string;
  readonly collection: string;
  ask(device: Device): Promise<{ readonly rows: readonly Row[]; readonly total: number }>;
}

function listed(kind: TodoKind, permission: string, query: (device: Device) => Omit<ListQuery, "limit">, collection: string): Source {
  return { kind, permission, collection, ask: (device) => device.list({ ...query(device), limit: EACH }) };
}

const own = (device: Device): Condition => ({ field: "ownerId", op: "eq", value: device.me.memberId });
const inState = (state: string): Condition => ({ field: "state", op: "eq", value: state });

const SOURCES: readonly Source[] = [
  {
    kind: "inbox",
    permission: "tenants.inbox.view",
    collection: "inbox",
    ask: async (device) => {
      const rows = (await device.inbox()).filter((entry) => entry["ownerId"] === device.me.memberId);
      return { rows: rows.slice(0, EACH), total: rows.length };
    },
  },
  { kind: "followUps", permission: "crm.activity.view", collection: "activities", ask: dueFollowUps },
  listed(
    "deliveries",
    "sales.order.deliver",
    () => ({ collection: "salesOrders", where: [inState("confirmed")], orderBy: [{ field: "confirmedAt" }] }),
    "salesOrders",
  ),
  listed(
    "drafts",
    "sales.order.create",
    (device) => ({ collection: "salesOrders", where: [inState("draft"), own(device)], orderBy: [{ field: "updatedAt", desc: true }] }),
    "salesOrders",
  ),
  listed(
    "counts",
    "inventory.stock_count.post",
    () => ({ collection: "stockCounts", where: [inState("draft")], orderBy: [{ field: "createdAt" }] }),
    "stockCounts",
  ),
  listed(
    "negative",
    "inventory.stock_balance.view",
    () => ({ collection: "stockBalances", where: [{ field: "negativeSince", op: "filled" }], orderBy: [{ field: "negativeSince" }] }),
    "stockBalances",
  ),
];

/** Next steps of mine up to the end of today that nothing followed: a later follow-up with the customer settles them. */
async function dueFollowUps(device: Device): Promise<{ readonly rows: readonly Row[]; readonly total: number }> {
  const { from, to } = followUpSpan(new Date());
  const where: Condition[] = [own(device), { field: "nextStepAt", op: "ge", value: from }, { field: "nextStepAt", op: "le", value: to }];
  const due = await device.list({ collection: "activities", where, orderBy: [{ field: "nextStepAt" }], limit: 500 });
  if (due.rows.length === 0) return { rows: [], total: 0 };
  const customers = [...new Set(due.rows.map((row) => textOf(row["customerId"])))];
  const earliest = due.rows.map((row) => textOf(row["happenedAt"])).reduce((one, other) => (one < other ? one : other));
  const later = await device.list({
    collection: "activities",
    where: [
      { field: "customerId", op: "in", value: customers },
      { field: "happenedAt", op: "gt", value: earliest },
    ],
    orderBy: [{ field: "happenedAt", desc: true }],
    limit: 2_000,
  });
  const open = unsettled(due.rows, later.rows);
  return { rows: open.slice(0, EACH), total: open.length };
}

/** From some months ago to the end of the local day, as the wire spells instants. */
export function followUpSpan(now: Date): { readonly from: string; readonly to: string } {
  const end = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  const wire = (at: number): string => new Date(at).toISOString().replace("Z", "000Z");
  return { from: wire(end.getTime() - LOOK_BACK_DAYS * DAY_MS), to: wire(end.getTime() - 1) };
}

/** Those of `due` after which nothing happened with the same customer. */
export function unsettled(due: readonly Row[], later: readonly Row[]): Row[] {
  const newest = new Map<string, string>();
  for (const row of later) {
    const customer = textOf(row["customerId"]);
    const at = textOf(row["happenedAt"]);
    if (at > (newest.get(customer) ?? "")) newest.set(customer, at);
  }
  return due.filter((row) => (newest.get(textOf(row["customerId"])) ?? "") <= textOf(row["happenedAt"]));
}

export interface Todos {
  /** In the order in which they press; kinds with nothing to do are left out. */
  readonly groups: readonly TodoGroup[];
  readonly total: number;
  readonly known: boolean;
  readonly error: Error | null;
}

export function useTodos(): Todos {
  const device = useDevice();
  const may = useMay();
  const day = new Date().toDateString();
  const sources = SOURCES.filter((source) => may(source.permission));
  const live = useLive(`todos ${day} ${sources.map((source) => source.kind).join(" ")}`, WATCHED, async () => {
    const schema = await device.schema();
    const offered = sources.filter((source) => schema === null || source.collection in schema.collections);
    return Promise.all(offered.map(async ({ kind, collection, ask }) => ({ kind, collection, ...(await ask(device)) })));
  });
  return useMemo(() => {
    const groups = (live.data ?? []).filter((group) => group.total > 0);
    return { groups, total: groups.reduce((sum, group) => sum + group.total, 0), known: live.data !== undefined, error: live.error };
  }, [live.data, live.error]);
}
