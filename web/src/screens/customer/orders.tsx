/** A customer's orders, with what they come to by state. */
import { Button } from "antd";
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList, useLive } from "~/data/hooks";
import type { Device } from "~/device/api";
import { entityOf } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { choiceLabel, fieldLabel } from "~/ui/labels";
import { StateBadge } from "~/ui/state_badge";
import { moneyText } from "~/values/money";
import { dayText } from "~/values/moments";
import css from "./customer.module.css";
import { CUSTOMER_TEXTS } from "./texts";

const AT_ONCE = 20;

interface Figure {
  readonly state: string;
  readonly count: number;
  /** Sums in minor units by currency. */
  readonly sums: readonly { readonly currency: string; readonly minor: string }[];
}

export function Orders({ customerId }: { readonly customerId: string }): ReactElement {
  const device = useDevice();
  const t = useTexts(CUSTOMER_TEXTS);
  const language = useLanguage();
  const [limit, setLimit] = useState(AT_ONCE);
  const orders = useList({ collection: "salesOrders", where: [{ field: "customerId", op: "eq", value: customerId }], orderBy: [{ field: "orderedOn", desc: true }], limit });
  const figures = useLive(`figures ${customerId}`, ["salesOrders"], () => figuresOf(device, customerId));
  if (orders.error !== null) return <Failure error={orders.error} />;
  if (orders.data?.total === 0) return <p className={css["soft"]}>{t.noOrders}</p>;
  const last = orders.data?.rows[0];
  return (
    <>
      <dl className={css["figures"]}>
        {(figures.data ?? []).map(({ state, count, sums }) => (
          <div key={state}>
            <dt>
              {choiceLabel("salesOrders", "state", state, language)} · {t.count(count)}
            </dt>
            <dd>{sums.map(({ currency, minor }) => moneyText(minor, currency, language)).join(" + ")}</dd>
          </div>
        ))}
      </dl>
      {last === undefined ? null : <p className={css["soft"]}>{t.lastOn(dayText(String(last["orderedOn"]), language))}</p>}
      <table className={css["orders"]}>
        <thead>
          <tr>
            <th>{fieldLabel("salesOrders", "number", language)}</th>
            <th>{fieldLabel("salesOrders", "orderedOn", language)}</th>
            <th>{fieldLabel("salesOrders", "state", language)}</th>
            <th className={css["end"]}>{fieldLabel("salesOrders", "totalMinor", language)}</th>
          </tr>
        </thead>
        <tbody>
          {(orders.data?.rows ?? []).map((row) => (
            <tr key={row.id}>
              <td>
                <Link href={`/orders/${row.id}`}>{typeof row["number"] === "string" ? row["number"] : "…"}</Link> <StateBadge state={row._state} short />
              </td>
              <td>{dayText(String(row["orderedOn"]), language)}</td>
              <td>{choiceLabel("salesOrders", "state", String(row["state"]), language)}</td>
              <td className={css["end"]}>{moneyText(row["totalMinor"], String(row["currency"]), language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {(orders.data?.total ?? 0) > limit ? <Button onClick={() => setLimit(limit + AT_ONCE)}>{t.showMore}</Button> : null}
    </>
  );
}

/** In the order in which orders go through their states. */
async function figuresOf(device: Device, customerId: string): Promise<readonly Figure[]> {
  const states = entityOf("salesOrders")?.fields.find((field) => field.name === "state")?.choices ?? [];
  const figures = await Promise.all(
    states.map(async ({ value: state }) => {
      const groups = await device.groups({
        collection: "salesOrders",
        where: [
          { field: "customerId", op: "eq", value: customerId },
          { field: "state", op: "eq", value: state },
        ],
        by: "currency",
        sums: ["totalMinor"],
      });
      return { state, count: groups.reduce((sum, group) => sum + group.count, 0), sums: groups.map((group) => ({ currency: String(group.value), minor: group.sums["totalMinor"] ?? "0" })) };
    }),
  );
  return figures.filter(({ count }) => count > 0);
}
