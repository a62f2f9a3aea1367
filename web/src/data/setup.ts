/** What a company, or a member, does first: found out from the rows, so that it can be left and gone on with anywhere. */
import { DESCRIPTION } from "~/generated/description";
import { demoIds, type DemoKind } from "~/values/demo_ids";
import { useHas, useMay } from "./access_context";
import { useDevice } from "./device_context";
import { useLive, useStatus } from "./hooks";
import type { Condition, Device } from "~/device/api";

export type StepName = "company" | "people" | "products" | "customers" | "warehouse" | "stock" | "order" | "followUp";

export interface Step {
  readonly name: StepName;
  /** null: not known without the server. */
  readonly done: boolean | null;
  /** How many there are of one's own, where that is counted. */
  readonly count: number | null;
}

export interface Setup {
  readonly steps: readonly Step[];
  readonly known: boolean;
  /** How many demo rows are on this device. */
  readonly demo: number;
}

interface Source {
  readonly name: StepName;
  /** Who does it: the holder of this permission. */
  readonly permission: string;
  readonly module: string | null;
  count(device: Device): Promise<number | null>;
  /** From how many on it is done. */
  readonly enough: number;
}

const WATCHED = ["members", "products", "customers", "warehouses", "stockCounts", "salesOrders", "activities"];

const SOURCES: readonly Source[] = [
  { name: "company", permission: "tenants.legal_entity.edit", module: null, enough: 1, count: (device) => companiesWithTaxNumber(device) },
  { name: "people", permission: "tenants.member.invite", module: null, enough: 2, count: (device) => total(device, "members") },
  { name: "products", permission: "catalog.product.create", module: null, enough: 1, count: (device) => ownRows(device, "products", "product") },
  { name: "customers", permission: "party.customer.create", module: "crm", enough: 1, count: (device) => ownRows(device, "customers", "customer") },
  { name: "warehouse", permission: "inventory.warehouse.create", module: "inventory", enough: 1, count: (device) => total(device, "warehouses", [], "live") },
  { name: "stock", permission: "inventory.stock_count.post", module: "inventory", enough: 1, count: (device) => total(device, "stockCounts", [{ field: "state", op: "eq", value: "posted" }]) },
  { name: "order", permission: "sales.order.create", module: "sales", enough: 1, count: (device) => ownRows(device, "salesOrders", "order") },
  { name: "followUp", permission: "crm.activity.log", module: "crm", enough: 1, count: (device) => madeByMe(device) },
];

const COLLECTION: Readonly<Partial<Record<StepName, string>>> = {
  people: "members",
  products: "products",
  customers: "customers",
  warehouse: "warehouses",
  stock: "stockCounts",
  order: "salesOrders",
  followUp: "activities",
};

async function total(device: Device, collection: string, where: readonly Condition[] = [], rows: "all" | "live" = "all"): Promise<number> {
  // An archived warehouse takes no stock; what was once entered of the others has been entered.
  const archived = rows === "all" && DESCRIPTION.entities[collection]?.archivable === true ? { archived: "all" as const } : {};
  return (await device.list({ collection, where, ...archived, limit: 1 })).total;
}

/** Without those of the demo data. */
async function ownRows(device: Device, collection: string, kind: DemoKind): Promise<number> {
  const [all, demo] = await Promise.all([total(device, collection), device.rows(collection, demoIds(device.me.tenantId, kind))]);
  return Math.max(0, all - demo.length);
}

/** The demo's follow-ups are the work of whoever asked for them, and do not count. */
async function madeByMe(device: Device): Promise<number> {
  const { memberId, tenantId } = device.me;
  const [mine, demo] = await Promise.all([
    total(device, "activities", [{ field: "createdById", op: "eq", value: memberId }]),
    device.rows("activities", demoIds(tenantId, "activity")),
  ]);
  return mine - demo.filter((row) => row["createdById"] === memberId).length;
}

interface LegalEntities {
  readonly legalEntities: { readonly nodes: readonly { readonly taxNumber: string | null }[] };
}

/** The books' facts are the server's: null without a network. */
async function companiesWithTaxNumber(device: Device): Promise<number | null> {
  try {
    const { legalEntities } = await device.ask<LegalEntities>("LegalEntities");
    return legalEntities.nodes.filter((one) => one.taxNumber !== null && one.taxNumber !== "").length;
  } catch (unknown) {
    console.info("the company's facts are not to be had now", unknown);
    return null;
  }
}

/** The steps that are this member's to do. */
export function useSetup(): Setup {
  const device = useDevice();
  const may = useMay();
  const has = useHas();
  const { online } = useStatus();
  const sources = SOURCES.filter((source) => may(source.permission) && has(source.module));
  const live = useLive(`setup ${online} ${sources.map((source) => source.name).join(" ")}`, WATCHED, async () => {
    const schema = await device.schema();
    const offered = sources.filter(({ name }) => {
      const collection = COLLECTION[name];
      return collection === undefined || schema === null || collection in schema.collections;
    });
    const steps = await Promise.all(
      offered.map(async ({ name, enough, count }): Promise<Step> => {
        const found = await count(device);
        return { name, count: found, done: found === null ? null : found >= enough };
      }),
    );
    const demo = schema === null || "customers" in schema.collections ? (await device.rows("customers", demoIds(device.me.tenantId, "customer"))).length : 0;
    return { steps, demo };
  });
  return { steps: live.data?.steps ?? [], demo: live.data?.demo ?? 0, known: live.data !== undefined };
}
