/** The month in numbers, each a way to its rows. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useFigures } from "~/data/figures";
import { choiceLabel } from "~/ui/labels";
import { listPath } from "~/ui/paths";
import { moneyText } from "~/values/money";
import type { Texts } from "~/values/words";
import styles from "./workbench.module.css";

const TEXTS = {
  title: ["本月概览", "This month"],
  orders: ["本月销售额", "Sales this month"],
  ordersHint: ["已确认与已出库", "Confirmed and delivered"],
  orderCount: ["本月订单", "Orders this month"],
  customers: ["本月新客户", "New customers this month"],
  followUps: ["本周跟进", "Follow-ups this week"],
  noOrders: ["还没有", "None yet"],
} satisfies Texts;

const STATES = ["draft", "confirmed", "delivered", "cancelled"];

export function FigureCards(): ReactNode {
  const t = useTexts(TEXTS);
  const figures = useFigures();
  const { phase } = useStatus();
  // While rows are on their way a number would be a wrong one.
  if (figures === undefined || phase !== "ready") return null;
  const { orderSums, ordersByState, newCustomers, followUps } = figures;
  if (orderSums === null && ordersByState === null && newCustomers === null && followUps === null) return null;
  return (
    <section className={styles["figures"]} aria-label={t.title}>
      {orderSums !== null && <Sums sums={orderSums} />}
      {ordersByState !== null && <States counts={ordersByState} />}
      {newCustomers !== null && <Figure to={listPath("customers")} label={t.customers} value={newCustomers} />}
      {followUps !== null && <Figure to={listPath("activities")} label={t.followUps} value={followUps} />}
    </section>
  );
}

function Figure({ to, label, value }: { readonly to: string; readonly label: string; readonly value: number }): ReactNode {
  return (
    <Link href={to} className={styles["figure"] ?? ""}>
      <span className={styles["label"]}>{label}</span>
      <span className={styles["value"]}>{value.toLocaleString()}</span>
    </Link>
  );
}

function Sums({ sums }: { readonly sums: readonly { readonly currency: string; readonly minor: string }[] }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <Link href={listPath("salesOrders")} className={`${styles["figure"]} ${styles["broad"]}`}>
      <span className={styles["label"]}>
        {t.orders} <small>{t.ordersHint}</small>
      </span>
      {sums.length === 0 && <span className={styles["value"]}>{t.noOrders}</span>}
      {sums.map(({ currency, minor }) => (
        <span key={currency} className={styles["value"]}>
          {moneyText(minor, currency, language)}
        </span>
      ))}
    </Link>
  );
}

function States({ counts }: { readonly counts: readonly { readonly state: string; readonly count: number }[] }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const shown = STATES.map((state) => ({ state, count: counts.find((one) => one.state === state)?.count ?? 0 }));
  const all = Math.max(1, shown.reduce((sum, { count }) => sum + count, 0));
  return (
    <Link href={listPath("salesOrders")} className={`${styles["figure"]} ${styles["broad"]}`}>
      <span className={styles["label"]}>{t.orderCount}</span>
      <span className={styles["bar"]} aria-hidden="true">
        {shown.map(({ state, count }) => count > 0 && <i key={state} className={styles[state]} style={{ width: `${(100 * count) / all}%` }} />)}
      </span>
      <span className={styles["states"]}>
        {shown.map(({ state, count }) => (
          <span key={state}>
            <i className={styles[state]} aria-hidden="true" /> {choiceLabel("salesOrders", "state", state, language)} <b>{count}</b>
          </span>
        ))}
      </span>
    </Link>
  );
}
