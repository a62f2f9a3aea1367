/** Orders that are drafts yet, for those who may confirm them. */
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { seenOrder } from "~/data/seen_order";
import type { ListResult, Row } from "~/device/api";
import { Reference } from "~/ui/field_value";
import { rowPath } from "~/ui/paths";
import { moneyText } from "~/values/money";
import type { Source, Waiting } from "./source";
import { TEXTS } from "./texts";

const SHOWN = 50;
const LINES = 1000;

export const draftOrders: Source = {
  key: "orders",
  permission: "sales.order.confirm",
  useTitle: () => useTexts(TEXTS).drafts,
  useFound: () => {
    const t = useTexts(TEXTS);
    const language = useLanguage();
    const device = useDevice();
    // One that is on its way already, or waits for a decision, is not confirmed a second time.
    const orders = useList({ collection: "salesOrders", where: [{ field: "state", op: "eq", value: "draft" }, { field: "_state", op: "empty" }], orderBy: [{ field: "createdAt" }], limit: SHOWN });
    const ids = orders.data?.rows.map((row) => row.id) ?? [];
    const lines = useList({ collection: "salesOrderLines", where: [{ field: "orderId", op: "in", value: ids }], limit: LINES });
    const seen = new Map(orders.data?.rows.map((row) => [row.id, seenOrder(row, linesOf(row, lines.data))]));
    const text = (value: unknown): string => (typeof value === "string" ? value : "");
    const waiting = orders.data?.rows.map((row): Waiting => {
      const total = seen.get(row.id)?.["totalMinor"] ?? row["totalMinor"];
      const customer = text(row["customerId"]);
      const number = text(row["number"]) || row.id.slice(-8);
      return {
        id: row.id,
        called: number,
        title: number,
        detail: (
          <>
            {customer === "" ? t.noCustomer : <Reference collection="customers" id={customer} links={false} />}
            {total !== null && total !== undefined && ` · ${moneyText(total, text(row["currency"]) || null, language)}`}
            {text(row["ownerId"]) !== "" && (
              <>
                {" · "}
                <Reference collection="members" id={text(row["ownerId"])} links={false} />
              </>
            )}
          </>
        ),
        since: text(row["createdAt"]) || null,
        path: rowPath("salesOrders", row.id),
        decisions: ["confirm"],
      };
    });
    return {
      waiting,
      total: orders.data?.total ?? 0,
      error: orders.error,
      decisions: [
        {
          key: "confirm",
          label: t.confirm,
          ask: t.confirmAsk,
          consequence: t.confirmWhat,
          run: async (chosen) => {
            await device.mutateAll(chosen.map((one) => ({ command: "sales.confirm_order", args: { id: one.id, seen: seen.get(one.id) ?? {} } })));
          },
        },
      ],
    };
  },
};

/** All lines of an order; null while they are not at hand, or where there are more than were asked for. */
function linesOf(order: Row, found: ListResult | undefined): readonly Row[] | null {
  if (found === undefined || found.total > found.rows.length) return null;
  return found.rows.filter((line) => line["orderId"] === order.id);
}
