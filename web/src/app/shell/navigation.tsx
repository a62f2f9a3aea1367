/** What stands in the side navigation and in quick create, by module. */
import {
  AppstoreOutlined, AuditOutlined, BankOutlined, BarsOutlined, CheckSquareOutlined, ClusterOutlined, ContactsOutlined, ContainerOutlined,
  DatabaseOutlined, DeleteOutlined, DownloadOutlined, FileTextOutlined, FormOutlined, HomeOutlined, InboxOutlined,
  LaptopOutlined, PhoneOutlined, SafetyOutlined, SafetyCertificateOutlined, ScanOutlined, ShopOutlined, ShoppingOutlined, SwapOutlined,
  TagsOutlined, TeamOutlined, UploadOutlined, UserOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { DESCRIPTION } from "~/generated/description";
import { collectionLabel } from "~/ui/labels";
import { say, type Language, type Words } from "~/values/words";
import { isPlace } from "../routes";

export interface Entry {
  readonly to: string;
  readonly icon: ReactNode;
  /** What it is called; without: as its collection. */
  readonly words?: Words;
  readonly collection?: string;
  /** Seen by those who hold one of them; without any: by everybody. */
  readonly permissions: readonly string[];
  /** What must have been bought; null: comes with every company. */
  readonly module: string | null;
}

export interface Section {
  readonly key: string;
  readonly words: Words;
  readonly entries: readonly Entry[];
}

function listOf(collection: string, icon: ReactNode): Entry {
  const entity = DESCRIPTION.entities[collection];
  return { to: `/list/${collection}`, icon, collection, permissions: entity === undefined ? [] : [`${entity.permission}.view`], module: entity?.module ?? null };
}

function place(to: string, icon: ReactNode, words: Words, permissions: string | readonly string[] = [], module: string | null = null): Entry {
  return { to, icon, words, permissions: [permissions].flat(), module };
}

/** What imports ask for, each of its own kind. */
export const IMPORTS = Object.keys(DESCRIPTION.permissions).filter((permission) => permission.endsWith(".import"));

export function isSeen(entry: Entry, may: (permission: string | null) => boolean): boolean {
  return entry.permissions.length === 0 || entry.permissions.some(may);
}

const label = (code: string): Words => DESCRIPTION.modules.find((one) => one.code === code)?.label ?? [code, code];

const ALL: readonly Section[] = [
  {
    key: "work",
    words: ["我的工作", "My work"],
    entries: [
      place("/", <HomeOutlined />, ["工作台", "Workbench"]),
      place("/todo", <CheckSquareOutlined />, ["待办", "To do"]),
      place("/inbox", <InboxOutlined />, ["待处理", "Inbox"]),
      place("/approvals", <AuditOutlined />, ["审批", "Approvals"]),
      place("/map", <ClusterOutlined />, ["流程导航", "Process map"]),
    ],
  },
  {
    key: "crm",
    words: label("crm"),
    entries: [listOf("customers", <TeamOutlined />), listOf("contacts", <ContactsOutlined />), listOf("activities", <PhoneOutlined />)],
  },
  { key: "sales", words: label("sales"), entries: [listOf("salesOrders", <FileTextOutlined />)] },
  {
    key: "inventory",
    words: label("inventory"),
    entries: [
      listOf("products", <ShoppingOutlined />),
      listOf("stockBalances", <DatabaseOutlined />),
      listOf("stockMoves", <SwapOutlined />),
      listOf("stockCounts", <ContainerOutlined />),
      listOf("warehouses", <ShopOutlined />),
      place("/scan", <ScanOutlined />, ["扫码", "Scan"], "inventory.stock_count.view", "inventory"),
    ],
  },
  {
    key: "data",
    words: ["数据", "Data"],
    entries: [
      listOf("tags", <TagsOutlined />),
      place("/settings/import", <UploadOutlined />, ["导入", "Import"], IMPORTS),
      place("/settings/export", <DownloadOutlined />, ["导出", "Export"], "party.customer.export"),
      place("/settings/recycle-bin", <DeleteOutlined />, ["回收站", "Recycle bin"], "party.customer.restore"),
    ],
  },
  {
    key: "company",
    words: ["公司", "Company"],
    entries: [
      place("/settings/company", <BankOutlined />, ["公司设置", "Company settings"], "tenants.setting.view"),
      place("/settings/members", <UserOutlined />, ["成员", "Members"], "tenants.member.manage"),
      place("/settings/roles", <SafetyOutlined />, ["角色与权限", "Roles and permissions"], "tenants.role.view"),
      place("/settings/organisations", <ClusterOutlined />, ["组织架构", "Organisation"], "tenants.organisation.manage"),
      place("/settings/devices", <LaptopOutlined />, ["设备", "Devices"], "tenants.device.view"),
      place("/settings/custom-fields", <FormOutlined />, ["自定义字段", "Custom fields"], "tenants.custom_field.manage"),
      place("/settings/audit", <SafetyCertificateOutlined />, ["审计记录", "Audit trail"], "tenants.audit.view"),
      place("/modules", <AppstoreOutlined />, ["模块", "Modules"]),
      place("/start", <BarsOutlined />, ["开始使用", "Getting started"]),
    ],
  },
];

/** What stands there and has a screen. */
export const SECTIONS: readonly Section[] = ALL.map((section) => ({ ...section, entries: section.entries.filter((entry) => isPlace(entry.to)) }));

export function entryLabel(entry: Entry, language: Language): string {
  return entry.words === undefined ? collectionLabel(entry.collection ?? entry.to, language) : say(entry.words, language);
}

/** Whether the place lies within the entry: `/list/customers?…` and rows of it within "customers". */
export function isWithin(entry: Entry, place: string): boolean {
  if (entry.to === "/") return place === "/";
  if (place === entry.to || place.startsWith(`${entry.to}/`)) return true;
  return entry.collection !== undefined && PLACES_OF[entry.collection]?.some((start) => place.startsWith(start)) === true;
}

const PLACES_OF: Readonly<Record<string, readonly string[]>> = {
  activities: ["/follow-up", "/row/activities/", "/new/activities"],
  contacts: ["/row/contacts/", "/edit/contacts/", "/new/contacts"],
  customers: ["/customers/", "/edit/customers/", "/row/customers/", "/new/customers"],
  products: ["/row/products/", "/edit/products/", "/new/products"],
  salesOrders: ["/orders/", "/row/salesOrders/"],
  stockBalances: ["/row/stockBalances/"],
  stockCounts: ["/counts/", "/row/stockCounts/"],
  stockMoves: ["/moves/", "/row/stockMoves/", "/new/stockMoves"],
  tags: ["/row/tags/", "/edit/tags/", "/new/tags"],
  warehouses: ["/row/warehouses/", "/edit/warehouses/", "/new/warehouses"],
};
