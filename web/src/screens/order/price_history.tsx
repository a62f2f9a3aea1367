/** What this customer paid for the product under the cursor. */
import { Button } from "antd";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import type { Product } from "~/data/products";
import type { Device, Row } from "~/device/api";
import { choiceLabel } from "~/ui/labels";
import { grouped, priceText, shortest } from "~/values/money";
import { dayText } from "~/values/moments";
import css from "./order.module.css";
import { ORDER_TEXTS } from "./texts";

interface HistoryProps {
  readonly customerId: string | null;
  /** Not told of itself. */
  readonly orderId: string | null;
  readonly product: Product | null;
  readonly currency: string;
  /** Takes a price into the line; null: nothing can be changed. */
  readonly use: ((price: string) => void) | null;
}

interface Paid {
  readonly order: Row;
  readonly price: string;
  readonly quantity: string;
}

const ORDERS = 200;
const SHOWN = 4;

export function PriceHistory({ customerId, orderId, product, currency, use }: HistoryProps): ReactElement | null {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(ORDER_TEXTS);
  const paid = useLive(`paid ${customerId} ${product?.id}`, ["salesOrders", "salesOrderLines"], () => pricesPaid(device, customerId, product?.id ?? null));
  if (customerId === null || product === null) return null;
  return (
    <section className={css["history"]} aria-live="off">
      <h2>
        {t.history} · {product.name}
      </h2>
      {paid.data?.every(({ order }) => order.id === orderId) && !paid.stale ? <p className={css["hint"]}>{t.noHistory}</p> : null}
      <ul className={css["prices"]}>
        {(paid.data ?? []).filter(({ order }) => order.id !== orderId).slice(0, SHOWN).map(({ order, price, quantity }) => (
          <li key={order.id}>
            <strong>{priceText(price, String(order["currency"]), language)}</strong>
            <span>
              × {grouped(shortest(quantity))} {product.unit}
            </span>
            <Link href={`/orders/${order.id}`}>{dayText(String(order["orderedOn"]), language)}</Link>
            <span className={css["soft"]}>{choiceLabel("salesOrders", "state", String(order["state"]), language)}</span>
            {use === null || order["currency"] !== currency ? null : (
              <Button size="small" type="link" onClick={() => use(shortest(price))}>
                {t.useIt}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Newest first; cancelled orders say nothing of a price. */
async function pricesPaid(device: Device, customerId: string | null, productId: string | null): Promise<readonly Paid[]> {
  if (customerId === null || productId === null) return [];
  const { rows: orders } = await device.list({
    collection: "salesOrders",
    where: [
      { field: "customerId", op: "eq", value: customerId },
      { field: "state", op: "ne", value: "cancelled" },
    ],
    orderBy: [{ field: "orderedOn", desc: true }],
    limit: ORDERS,
  });
  if (orders.length === 0) return [];
  const { rows: lines } = await device.list({
    collection: "salesOrderLines",
    where: [
      { field: "orderId", op: "in", value: orders.map((order) => order.id) },
      { field: "productId", op: "eq", value: productId },
    ],
    limit: ORDERS,
  });
  const byOrder = new Map(lines.map((line) => [line["orderId"], line]));
  return orders.flatMap((order) => {
    const line = byOrder.get(order.id);
    return line === undefined || line["unitPrice"] == null ? [] : [{ order, price: String(line["unitPrice"]), quantity: String(line["quantity"]) }];
  }).slice(0, SHOWN + 1);
}
