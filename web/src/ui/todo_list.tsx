/** What is to be done, one line each, by kind. */
import { CarryOutOutlined, ContainerOutlined, EditOutlined, ExclamationCircleOutlined, PhoneOutlined, WarningOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useReferred } from "~/data/references";
import type { TodoGroup, TodoKind } from "~/data/todos";
import type { Row } from "~/device/api";
import { textOf } from "~/values/json";
import { moneyText, shortest } from "~/values/money";
import type { Language, Texts } from "~/values/words";
import { instantWords, sinceWords } from "./instants";
import { listPath, rowPath } from "./paths";
import { StateBadge } from "./state_badge";
import { titleOf } from "./title_of";
import styles from "./todo_list.module.css";

export const TODO_TEXTS = {
  inbox: ["需要您决定的修改", "Changes that need your decision"],
  followUps: ["该跟进的客户", "Follow-ups due"],
  drafts: ["我的草稿", "My drafts"],
  deliveries: ["待出库的订单", "Orders to deliver"],
  negative: ["库存为负", "Negative stock"],
  counts: ["进行中的盘点", "Counts in progress"],
  overdue: ["已过期", "Overdue"],
  more: (n: number) => [`还有 ${n} 项`, `${n} more`],
  all: ["全部", "All"],
  withoutNumber: ["未编号", "No number yet"],
  onHand: (quantity: string) => [`现存 ${quantity}`, `${quantity} on hand`],
} satisfies Texts;

export const TODO_SIGNS: Readonly<Record<TodoKind, ReactNode>> = {
  inbox: <ExclamationCircleOutlined />,
  followUps: <PhoneOutlined />,
  drafts: <EditOutlined />,
  deliveries: <CarryOutOutlined />,
  negative: <WarningOutlined />,
  counts: <ContainerOutlined />,
};

const URGENT: ReadonlySet<TodoKind> = new Set(["inbox", "negative"]);

const ALL: Readonly<Record<TodoKind, string>> = {
  inbox: "/inbox",
  followUps: listPath("activities"),
  drafts: listPath("salesOrders"),
  deliveries: listPath("salesOrders"),
  negative: listPath("stockBalances"),
  counts: listPath("stockCounts"),
};

interface TodoListProps {
  readonly groups: readonly TodoGroup[];
  /** How many lines of a kind. */
  readonly each: number;
  /** Of the kinds' headings: below the page's title, or below a card's. */
  readonly heading: "h2" | "h3";
}

export function TodoList({ groups, each, heading: Heading }: TodoListProps): ReactNode {
  const t = useTexts(TODO_TEXTS);
  return (
    <div className={styles["groups"]}>
      {groups.map((group) => (
        <section key={group.kind} aria-label={t[group.kind]}>
          <Heading className={URGENT.has(group.kind) ? styles["urgent"] : styles["heading"]}>
            {TODO_SIGNS[group.kind]} {t[group.kind]} <span className={styles["number"]}>{group.total}</span>
            {group.total > each && (
              <Link href={ALL[group.kind]} className={styles["all"]} aria-label={`${t.all}：${t[group.kind]}`}>
                {t.all}
              </Link>
            )}
          </Heading>
          <ul className={styles["list"]}>
            {group.rows.slice(0, each).map((row) => (
              <li key={row.id}>
                <TodoLine kind={group.kind} row={row} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function TodoLine({ kind, row }: { readonly kind: TodoKind; readonly row: Row }): ReactNode {
  const language = useLanguage();
  const t = useTexts(TODO_TEXTS);
  const about = ABOUT[kind];
  const named = useReferred(about?.collection ?? null, about === undefined ? null : textOf(row[about.field]) || null);
  const name = about === undefined || named === undefined || named === null ? "" : titleOf(about.collection, named);
  const { title, more, at, late } = lineOf(kind, row, name, language, t);
  return (
    <Link href={placeOf(kind, row)} className={styles["line"]}>
      <span className={styles["title"]}>{title}</span>
      <span className={styles["more"]}>{more}</span>
      {row._state !== null && row._state !== "inbox" && <StateBadge state={row._state} short />}
      <span className={late ? styles["late"] : styles["at"]}>{late ? `${t.overdue} · ${at}` : at}</span>
    </Link>
  );
}

const ABOUT: Readonly<Partial<Record<TodoKind, { readonly collection: string; readonly field: string }>>> = {
  followUps: { collection: "customers", field: "customerId" },
  drafts: { collection: "customers", field: "customerId" },
  deliveries: { collection: "customers", field: "customerId" },
  negative: { collection: "products", field: "productId" },
  counts: { collection: "warehouses", field: "warehouseId" },
};

function placeOf(kind: TodoKind, row: Row): string {
  if (kind === "inbox") return "/inbox";
  if (kind === "followUps") return rowPath("customers", textOf(row["customerId"]));
  if (kind === "negative") return rowPath("products", textOf(row["productId"]));
  return rowPath(kind === "counts" ? "stockCounts" : "salesOrders", row.id);
}

interface Line {
  readonly title: string;
  readonly more: string;
  readonly at: string;
  readonly late?: boolean;
}

type Said = { readonly withoutNumber: string; onHand(quantity: string): string };

function lineOf(kind: TodoKind, row: Row, name: string, language: Language, t: Said): Line {
  const text = (field: string): string => textOf(row[field]);
  const since = (field: string): string => (text(field) === "" ? "" : sinceWords(text(field), language));
  if (kind === "inbox") {
    const [what, why] = language === "en" ? ["whatEn", "messageEn"] : ["whatZh", "messageZh"];
    return { title: text(what), more: text(why), at: since("createdAt") };
  }
  if (kind === "followUps") {
    const late = Date.parse(text("nextStepAt")) < Date.now();
    return { title: name, more: text("nextStep") || text("topic"), at: instantWords(text("nextStepAt"), language), late };
  }
  if (kind === "negative") return { title: name, more: t.onHand(shortest(text("onHand") || String(row["onHand"] ?? ""))), at: since("negativeSince") };
  if (kind === "counts") return { title: name, more: "", at: since("createdAt") };
  const total = row["totalMinor"] === undefined || row["totalMinor"] === null ? "" : moneyText(row["totalMinor"], text("currency"), language);
  return { title: name, more: [text("number") || t.withoutNumber, total].filter(Boolean).join(" · "), at: since(kind === "drafts" ? "updatedAt" : "confirmedAt") };
}
