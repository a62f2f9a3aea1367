/** What can be made anew from anywhere, as far as this member may. */
import { ContactsOutlined, ContainerOutlined, FileTextOutlined, PhoneOutlined, ShopOutlined, ShoppingOutlined, SwapOutlined, UserAddOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import { useAccess, useHas, useMay } from "~/data/access_context";
import { DESCRIPTION } from "~/generated/description";
import { say, type Language, type Words } from "~/values/words";
import { entityOf } from "./described";
import { newPath } from "./paths";

export interface Creation {
  readonly to: string;
  readonly command: string;
  readonly icon: ReactNode;
  readonly words: Words;
}

/** What quick create offers; permission and module are the command's. */
const CREATIONS: readonly Creation[] = [
  { to: newPath("activities"), command: "crm.log_activity", icon: <PhoneOutlined />, words: ["写跟进", "Log a follow-up"] },
  { to: newPath("customers"), command: "party.create_customer", icon: <UserAddOutlined />, words: ["新建客户", "New customer"] },
  { to: newPath("contacts"), command: "party.create_contact", icon: <ContactsOutlined />, words: ["新建联系人", "New contact"] },
  { to: newPath("salesOrders"), command: "sales.create_order", icon: <FileTextOutlined />, words: ["新建销售单", "New sales order"] },
  { to: newPath("stockCounts"), command: "inventory.create_stock_count", icon: <ContainerOutlined />, words: ["新建盘点单", "New stock count"] },
  { to: newPath("products"), command: "catalog.create_product", icon: <ShoppingOutlined />, words: ["新建商品", "New product"] },
  { to: newPath("stockMoves"), command: "inventory.record_stock_move", icon: <SwapOutlined />, words: ["登记出入库", "Record a stock move"] },
  { to: newPath("warehouses"), command: "inventory.create_warehouse", icon: <ShopOutlined />, words: ["新建仓库", "New warehouse"] },
];

/** What making one is called, the same on every button and title. */
export function creationLabel(collection: string, language: Language): string {
  const known = CREATIONS.find(({ to }) => to === newPath(collection));
  const [zh, en] = entityOf(collection)?.label ?? [collection, collection];
  return say(known?.words ?? [`新建${zh}`, `New ${en.toLowerCase()}`], language);
}

/** Permission and module of a creation, from its command. */
function needsOf(creation: Creation): { readonly permission: string | null; readonly module: string | null } {
  const command = DESCRIPTION.commands[creation.command];
  return { permission: command?.permission ?? null, module: command?.module ?? null };
}

/** What this member may make in this company now. */
export function useCreations(): readonly Creation[] {
  const may = useMay();
  const has = useHas();
  const access = useAccess();
  if (access !== null && !access.writable) return [];
  return CREATIONS.filter((creation) => {
    const needs = needsOf(creation);
    return may(needs.permission) && has(needs.module);
  });
}
