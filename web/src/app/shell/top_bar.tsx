/** The bar above the screens of tablets and desktops. */
import { QuestionCircleOutlined, SearchOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { MemberMenu } from "./member_menu";
import { Notifications } from "./notifications";
import { QuickCreate } from "./quick_create";
import { SyncIndicator } from "./sync_indicator";
import styles from "./top_bar.module.css";

const TEXTS = {
  search: ["搜索客户、联系人、商品、单据…", "Search customers, products, orders…"],
  help: ["帮助（按 ? 键）", "Help (press ?)"],
} satisfies Texts;

interface TopBarProps {
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

export function TopBar({ onSearch, onHelp }: TopBarProps): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <header className={styles["bar"]}>
      <button type="button" className={styles["search"]} onClick={onSearch} aria-keyshortcuts="Control+K">
        <SearchOutlined />
        <span>{t.search}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className={styles["tools"]}>
        <QuickCreate />
        <SyncIndicator />
        <Notifications />
        <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t.help} title={t.help} onClick={onHelp} />
        <MemberMenu />
      </div>
    </header>
  );
}
