/** Every screen that somebody who has signed in can reach, for tests and pictures that go through all of them. */
import type { Page } from "@playwright/test";
import { visit } from "./settled.ts";

export interface Screen {
  readonly name: string;
  /** With `:first` where the first row of a list is wanted, `:customer`, `:order`, `:count` for those of `fill`. */
  readonly path: string;
  /** The list in which that row stands. */
  readonly list?: string;
  /** What is opened over it: a dialog, a drawer, a menu. */
  readonly open?: (page: Page) => Promise<void>;
  /** Only where there is room for it. */
  readonly atADesk?: boolean;
}

const press = (keys: string) => (page: Page) => page.keyboard.press(keys);
/** A button by what it says, in either language. */
const button = (name: RegExp) => (page: Page) => page.locator("main, header").getByRole("button", { name }).first().click();

export const SCREENS: readonly Screen[] = [
  { name: "workbench", path: "/" },
  { name: "todo", path: "/todo" },
  { name: "map", path: "/map" },
  { name: "start", path: "/start" },
  { name: "modules", path: "/modules" },
  { name: "module", path: "/modules/inventory" },
  { name: "help", path: "/help/customers" },
  { name: "list-customers", path: "/list/customers" },
  { name: "list-products", path: "/list/products" },
  { name: "list-orders", path: "/list/salesOrders" },
  { name: "list-balances", path: "/list/stockBalances" },
  { name: "list-activities", path: "/list/activities" },
  { name: "row-product", path: "/row/products/:first", list: "/list/products" },
  { name: "new-customer", path: "/new/customers" },
  { name: "new-product", path: "/new/products" },
  { name: "customer", path: "/customers/:first", list: "/list/customers" },
  { name: "follow-up", path: "/follow-up" },
  { name: "order-new", path: "/orders/new" },
  { name: "order", path: "/orders/:first", list: "/list/salesOrders" },
  { name: "count-new", path: "/counts/new" },
  { name: "move-new", path: "/moves/new" },
  { name: "scan", path: "/scan" },
  { name: "inbox", path: "/inbox" },
  { name: "approvals", path: "/approvals" },
  { name: "me", path: "/me" },
  { name: "members", path: "/settings/members" },
  { name: "roles", path: "/settings/roles" },
  { name: "organisations", path: "/settings/organisations" },
  { name: "devices", path: "/settings/devices" },
  { name: "audit", path: "/settings/audit" },
  { name: "company", path: "/settings/company" },
  { name: "custom-fields", path: "/settings/custom-fields" },
  { name: "import", path: "/settings/import" },
  { name: "export", path: "/settings/export" },
  { name: "recycle-bin", path: "/settings/recycle-bin" },
  { name: "not-found", path: "/nowhere" },
  { name: "ops", path: "/ops" },
];

/** What opens over screens. */
export const DIALOGS: readonly Screen[] = [
  { name: "dialog-search", path: "/", open: press("Control+k") },
  { name: "dialog-help", path: "/todo", open: press("?") },
  { name: "dialog-notifications", path: "/todo", open: button(/通知|Notifications|消息/) },
  { name: "dialog-filter", path: "/list/customers", open: button(/^(filter )?(筛选|Filter)$/) },
  { name: "dialog-invite", path: "/settings/members", open: button(/邀请成员|Invite/) },
  { name: "dialog-role", path: "/settings/roles", open: button(/新建角色|New role|Add a role/) },
  { name: "dialog-field", path: "/settings/custom-fields", open: button(/添加字段|Add a field/) },
  { name: "dialog-department", path: "/settings/organisations", open: button(/新建部门|New department|department/) },
  { name: "dialog-password", path: "/me", open: button(/修改密码|Change.*password/) },
];

/** The screen's path, with the ids that `fill` told or of the first row that the list links to; null: the list is empty. */
export async function placeOf(page: Page, screen: Screen, filled: Readonly<Record<string, string>> = {}): Promise<string | null> {
  if (screen.list === undefined) return screen.path.replace(/:(\w+)/, (whole, name: string) => filled[name] ?? whole);
  await visit(page, screen.list);
  const row = page.locator("main [data-row-id]").first();
  await row.waitFor({ timeout: 10_000 }).catch(() => undefined);
  const id = (await row.count()) === 0 ? null : await row.getAttribute("data-row-id");
  return id === null ? null : screen.path.replace(":first", id);
}
