/** The numbers of the workbench: this month's orders, new customers, this week's follow-ups. */
import type { GroupQuery } from "~/device/api";
import { dayOf } from "~/values/moments";
import { dayAfter, onWire, startOfDay } from "~/values/zones";
import { useMay } from "./access_context";
import { useCompanyBooks } from "./company";
import { useDevice } from "./device_context";
import { useLive } from "./hooks";

export interface Figures {
  /** By state; null: not this member's business. */
  readonly ordersByState: readonly { readonly state: string; readonly count: number }[] | null;
  /** Of what was confirmed or delivered, minor units by currency; null: none, or hidden from the member. */
  readonly orderSums: readonly { readonly currency: string; readonly minor: string }[] | null;
  readonly newCustomers: number | null;
  readonly followUps: number | null;
}

/** `month`: its first day, `YYYY-MM-DD`; `monthAt`, `weekAt`: the instants at which month and week began in the zone. */
export function spans(now: Date, zone?: string): { readonly month: string; readonly monthAt: string; readonly weekAt: string } {
  const today = dayOf(now, zone);
  const month = `${today.slice(0, 7)}-01`;
  const sinceMonday = (new Date(`${today}T12:00:00Z`).getUTCDay() + 6) % 7;
  return { month, monthAt: onWire(startOfDay(month, zone)), weekAt: onWire(startOfDay(dayAfter(today, -sinceMonday), zone)) };
}

export function useFigures(): Figures | undefined {
  const device = useDevice();
  const may = useMay();
  const { zone } = useCompanyBooks();
  const { month, monthAt, weekAt } = spans(new Date(), zone);
  const key = `figures ${month} ${weekAt}`;
  return useLive<Figures>(key, ["salesOrders", "customers", "activities"], async () => {
    const schema = await device.schema();
    const seen = (collection: string, field?: string): boolean => {
      const found = schema?.collections[collection];
      return schema === null || (found !== undefined && (field === undefined || field in found.fields));
    };
    const count = async (allowed: boolean, query: GroupQuery): Promise<number | null> =>
      allowed ? (await device.groups(query)).reduce((sum, group) => sum + group.count, 0) : null;
    const orders = may("sales.order.view") && seen("salesOrders");
    const ofMonth = { field: "orderedOn", op: "ge", value: month } as const;
    const settled = { field: "state", op: "in", value: ["confirmed", "delivered"] } as const;
    const [byState, byCurrency, newCustomers, followUps] = await Promise.all([
      orders ? device.groups({ collection: "salesOrders", where: [ofMonth], by: "state" }) : null,
      orders && seen("salesOrders", "totalMinor")
        ? device.groups({ collection: "salesOrders", where: [ofMonth, settled], by: "currency", sums: ["totalMinor"] })
        : null,
      count(may("party.customer.view") && seen("customers"), { collection: "customers", where: [{ field: "createdAt", op: "ge", value: monthAt }] }),
      count(may("crm.activity.view") && seen("activities"), { collection: "activities", where: [{ field: "happenedAt", op: "ge", value: weekAt }] }),
    ]);
    return {
      ordersByState: byState?.map(({ value, count: n }) => ({ state: String(value), count: n })) ?? null,
      orderSums: byCurrency?.map(({ value, sums }) => ({ currency: String(value), minor: sums["totalMinor"] ?? "0" })) ?? null,
      newCustomers,
      followUps,
    };
  }).data;
}
