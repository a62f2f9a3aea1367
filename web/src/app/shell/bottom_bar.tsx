/** A phone's navigation, where the thumb is: 工作台, 客户 or 盘点, +, 待办, 我的. */
import { CheckSquareOutlined, DatabaseOutlined, HomeOutlined, PlusOutlined, ScanOutlined, TeamOutlined, UserOutlined } from "@ant-design/icons";
import { Drawer } from "antd";
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useHas, useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useCreations } from "~/ui/creations";
import { say, type Texts } from "~/values/words";
import { MemberSheet } from "./member_menu";
import styles from "./bottom_bar.module.css";

const TEXTS = {
  navigation: ["主导航", "Main navigation"],
  workbench: ["工作台", "Workbench"],
  customers: ["客户", "Customers"],
  count: ["盘点", "Count"],
  stock: ["现存量", "Stock"],
  create: ["新建", "New"],
  todo: ["待办", "To do"],
  todoCount: (n: number) => [`，${n} 项待处理`, `, ${n} need attention`],
  mine: ["我的", "Me"],
  nothing: ["您没有可以新建的内容。", "There is nothing you may create."],
} satisfies Texts;

/** What somebody's day is about, by what they may do: who follows customers up has those, who keeps the stock counts it. */
export function secondTab(may: (permission: string | null) => boolean, has: (module: string | null) => boolean): "customers" | "count" | "stock" | null {
  const seesCustomers = may("party.customer.view") && has("crm");
  if (seesCustomers && may("crm.activity.log")) return "customers";
  if (may("inventory.stock_count.post") && has("inventory")) return "count";
  if (seesCustomers) return "customers";
  return may("inventory.stock_balance.view") && has("inventory") ? "stock" : null;
}

export function BottomBar(): ReactNode {
  const t = useTexts(TEXTS);
  const [sheet, setSheet] = useState<"create" | "me" | null>(null);
  const { needsAttention } = useStatus();
  const second = secondTab(useMay(), useHas());
  const close = (): void => setSheet(null);
  return (
    <>
      <nav className={styles["bar"]} aria-label={t.navigation}>
        <Tab to="/" icon={<HomeOutlined />} label={t.workbench} />
        {second === "customers" && <Tab to="/list/customers" icon={<TeamOutlined />} label={t.customers} also="/customers/" />}
        {second === "count" && <Tab to="/counts/new" icon={<ScanOutlined />} label={t.count} />}
        {second === "stock" && <Tab to="/list/stockBalances" icon={<DatabaseOutlined />} label={t.stock} also="/row/stockBalances/" />}
        <button type="button" className={styles["plus"]} aria-haspopup="dialog" aria-label={t.create} onClick={() => setSheet("create")}>
          <PlusOutlined />
        </button>
        <Tab
          to="/todo"
          icon={<CheckSquareOutlined />}
          label={t.todo}
          count={needsAttention}
          spoken={needsAttention > 0 ? t.todoCount(needsAttention) : undefined}
        />
        <button type="button" className={styles["tab"]} aria-haspopup="dialog" onClick={() => setSheet("me")}>
          <UserOutlined />
          <span>{t.mine}</span>
        </button>
      </nav>
      <Drawer open={sheet === "create"} onClose={close} placement="bottom" size="auto" title={t.create}>
        <CreateSheet onDone={close} />
      </Drawer>
      <Drawer open={sheet === "me"} onClose={close} placement="bottom" size="85dvh" title={t.mine}>
        <MemberSheet onDone={close} />
      </Drawer>
    </>
  );
}

interface TabProps {
  readonly to: string;
  readonly icon: ReactNode;
  readonly label: string;
  readonly also?: string;
  readonly count?: number;
  /** What the number means, said after the label. */
  readonly spoken?: string | undefined;
}

function Tab({ to, icon, label, also, count = 0, spoken }: TabProps): ReactNode {
  const [place] = useLocation();
  const here = place === to || (also !== undefined && place.startsWith(also));
  return (
    <Link href={to} className={`${styles["tab"]} ${here ? styles["here"] : ""}`} aria-current={here ? "page" : undefined}>
      {icon}
      <span>
        {label}
        {spoken !== undefined && <span className={styles["spoken"]}>{spoken}</span>}
      </span>
      {count > 0 && <b aria-hidden className={styles["count"]}>{count > 99 ? "99+" : count}</b>}
    </Link>
  );
}

function CreateSheet({ onDone }: { readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const creations = useCreations();
  if (creations.length === 0) return <p>{t.nothing}</p>;
  return (
    <ul className={styles["creations"]}>
      {creations.map(({ to, icon, words }) => (
        <li key={to}>
          <Link href={to} onClick={onDone}>
            {icon}
            <span>{say(words, language)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
