/** What is known of the customer while their order is entered: credit, what is under way, last orders, whom to call. */
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useGroups, useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { useDescribed } from "~/ui/described";
import { FieldValue } from "~/ui/field_value";
import { choiceLabel, fieldLabel } from "~/ui/labels";
import { moneyText } from "~/values/money";
import { dayText } from "~/values/moments";
import css from "./order.module.css";
import { ORDER_TEXTS } from "./texts";

interface PanelProps {
  readonly customer: Row | null;
  /** Not counted as another order. */
  readonly orderId: string | null;
  /** Of this order, as far as it is not under way yet. */
  readonly total: bigint;
  readonly currency: string;
}

export function CustomerPanel({ customer, orderId, total, currency }: PanelProps): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  if (customer === null) return <p className={css["hint"]}>{t.choose}</p>;
  return (
    <>
      <Credit customer={customer} total={total} currency={currency} />
      <LastOrders customerId={customer.id} orderId={orderId} />
      <Contacts customerId={customer.id} />
    </>
  );
}

function Credit({ customer, total, currency }: { readonly customer: Row; readonly total: bigint; readonly currency: string }): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const language = useLanguage();
  const described = useDescribed("customers");
  const underway = useGroups({ collection: "salesOrders", where: [{ field: "customerId", op: "eq", value: customer.id }, { field: "state", op: "eq", value: "confirmed" }], by: "currency", sums: ["totalMinor"] });
  const limit = customer["creditLimitMinor"];
  const own = customer["creditCurrency"];
  const open = underway.data?.find((group) => group.value === own)?.sums["totalMinor"] ?? "0";
  const known = typeof limit === "number" || typeof limit === "string";
  const over = known && own === currency && BigInt(open) + total > BigInt(limit);
  const grade = described?.field("creditGrade") ?? null;
  return (
    <section className={css["panel"]}>
      <h2>{t.credit}</h2>
      <dl className={css["facts"]}>
        {grade === null || customer["creditGrade"] == null ? null : (
          <div>
            <dt>{fieldLabel("customers", "creditGrade", language)}</dt>
            <dd>
              <FieldValue field={grade} row={customer} />
            </dd>
          </div>
        )}
        <div>
          <dt>{fieldLabel("customers", "creditLimitMinor", language)}</dt>
          <dd>{known ? moneyText(limit, String(own), language) : t.noLimit}</dd>
        </div>
        {(underway.data ?? []).map((group) => (
          <div key={String(group.value)}>
            <dt>{t.underway}</dt>
            <dd>{moneyText(group.sums["totalMinor"], String(group.value), language)}</dd>
          </div>
        ))}
      </dl>
      {over ? <p className={css["over"]}>{t.over}</p> : null}
    </section>
  );
}

function LastOrders({ customerId, orderId }: { readonly customerId: string; readonly orderId: string | null }): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const language = useLanguage();
  const orders = useList({ collection: "salesOrders", where: [{ field: "customerId", op: "eq", value: customerId }], orderBy: [{ field: "orderedOn", desc: true }], limit: 6 });
  const rows = (orders.data?.rows ?? []).filter((row) => row.id !== orderId).slice(0, 5);
  return (
    <section className={css["panel"]}>
      <h2>{t.lastOrders}</h2>
      {rows.length === 0 && orders.data !== undefined ? <p className={css["hint"]}>{t.noOrders}</p> : null}
      <ul className={css["short"]}>
        {rows.map((row) => (
          <li key={row.id}>
            <Link href={`/orders/${row.id}`}>{typeof row["number"] === "string" ? row["number"] : t.unnumbered}</Link>
            <span>{dayText(String(row["orderedOn"]), language)}</span>
            <span>{moneyText(row["totalMinor"], String(row["currency"]), language)}</span>
            <span className={css["soft"]}>{choiceLabel("salesOrders", "state", String(row["state"]), language)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Contacts({ customerId }: { readonly customerId: string }): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const described = useDescribed("contacts");
  const contacts = useList({ collection: "contacts", where: [{ field: "customerId", op: "eq", value: customerId }], orderBy: [{ field: "name" }], limit: 4 });
  const rows = contacts.data?.rows ?? [];
  const mobile = described?.field("mobile") ?? null;
  return (
    <section className={css["panel"]}>
      <h2>{t.contacts}</h2>
      {rows.length === 0 && contacts.data !== undefined ? <p className={css["hint"]}>{t.noContacts}</p> : null}
      <ul className={css["short"]}>
        {rows.map((row) => (
          <li key={row.id}>
            <span>{String(row["name"])}</span>
            <span className={css["soft"]}>{String(row["title"] ?? "")}</span>
            {mobile === null ? null : <FieldValue field={mobile} row={row} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
