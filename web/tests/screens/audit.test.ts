/** The trail says which record an entry is about, and what it says is in words. */
import { expect, test } from "vitest";
import type { Device, Row } from "~/device/api";
import { csvLines } from "~/screens/audit/csv";
import { calledOf, changesOf, namelessRows, type AuditEntry } from "~/screens/audit/entries";
import { sentenceOf } from "~/screens/audit/sentence";
import { TEXTS } from "~/screens/audit/texts";
import { fieldText } from "~/ui/field_text";
import { namingCollections, rowNames } from "~/ui/row_names";
import { inLanguage, type Language } from "~/values/words";

const row = (id: string, fields: Record<string, string>): Row => ({ id, version: 1, _state: null, ...fields });
const HERE: Readonly<Record<string, readonly Row[]>> = {
  customers: [row("c", { name: "杭州书店" })],
  products: [row("tea", { name: "龙井茶", code: "LJ-01" })],
  warehouses: [row("w", { name: "主仓", code: "W1" })],
  stockBalances: [row("b", { productId: "tea", warehouseId: "w" }), row("far", { productId: "away", warehouseId: "w" })],
  stockCounts: [row("count", { warehouseId: "w" })],
  stockCountLines: [row("l", { countId: "count", productId: "tea" })],
  inbox: [row("e", { whatZh: "修改客户 杭州书店", whatEn: "Edit customer 杭州书店", code: "FIELDS_CLASH" })],
};
const asked: string[] = [];
const device: Pick<Device, "rows"> = {
  rows: async (collection, ids) => {
    asked.push(collection);
    const rows = HERE[collection];
    if (rows === undefined) throw new Error(`no collection: ${collection}`);
    return rows.filter(({ id }) => ids.includes(id));
  },
};

function entry(entity: string, rowId: string, before: object, after: object): AuditEntry {
  const told = { id: "a", at: "2026-03-02T01:30:00Z", member: null, memberId: "m", actorLabel: "李雨桐", onBehalfOf: null, command: "x.y", commandLabel: "修改", deviceId: null, requestId: null };
  return { ...told, entity, entityLabel: entity, systemRecord: false, rowId, op: "update", before, after } as AuditEntry;
}

async function sentence(one: AuditEntry, language: Language = "zh-CN"): Promise<string> {
  const nameOf = await rowNames(device, namelessRows([one]), language);
  return sentenceOf(one, calledOf(one, nameOf), inLanguage(TEXTS, language), language);
}

test("an entry that names its record is told as the record was called then; the device is not asked", async () => {
  asked.length = 0;
  expect(await sentence(entry("party.Customer", "c", { name: "旧名" }, { name: "新名" }))).toBe("李雨桐 修改了客户“新名”");
  expect(asked).toEqual([]);
});

test("one that does not is told as this device calls it", async () => {
  expect(await sentence(entry("party.Customer", "c", { phone: "1" }, { phone: "2" }))).toBe("李雨桐 修改了客户“杭州书店”");
  expect(await sentence(entry("party.Customer", "c", { phone: "1" }, { phone: "2" }), "en")).toBe("李雨桐 changed customer “杭州书店”");
});

test("rows are called by what they refer to where they have no name", async () => {
  expect(await sentence(entry("inventory.StockBalance", "b", { onHand: "283" }, { onHand: "1" }))).toBe("李雨桐 修改了现存量“龙井茶 · 主仓”");
  expect(await sentence(entry("inventory.StockBalance", "far", { onHand: "283" }, { onHand: "1" }))).toBe("李雨桐 修改了现存量“主仓”");
  expect(await sentence(entry("inventory.StockCountLine", "l", { counted: "1" }, { counted: "2" }))).toBe("李雨桐 修改了盘点明细“主仓 · 龙井茶”");
});

test("an inbox entry is called by what was done", async () => {
  expect(await sentence(entry("tenants.InboxEntry", "e", { state: "open" }, { state: "taken" }))).toBe("李雨桐 修改了待处理项“修改客户 杭州书店”");
});

test("what is not on this device, or is on none, is told as a kind of record", async () => {
  expect(await sentence(entry("party.Customer", "gone", { phone: "1" }, { phone: "2" }))).toBe("李雨桐 修改了客户");
  expect(await sentence(entry("party.Customer", "gone", { phone: "1" }, { phone: "2" }), "en")).toBe("李雨桐 changed a customer");
  expect(await sentence(entry("tenants.RoleAssignment", "r", { validTo: null }, { validTo: "2026-03-02" }))).toBe("李雨桐 修改了角色分配");
  expect(await sentence(entry("sales.SalesOrder", "o", { note: "1" }, { note: "2" }))).toBe("李雨桐 修改了销售单"); // no such collection here
});

test("names are asked again when what they are made of changes", () => {
  expect(namingCollections(["stockBalances", "customers"])).toEqual(["customers", "products", "stockBalances", "warehouses"]);
});

test("the file names the record, too", async () => {
  const balance = entry("inventory.StockBalance", "b", { onHand: "283" }, { onHand: "1" });
  const nameOf = await rowNames(device, namelessRows([balance]), "zh-CN");
  expect(csvLines([balance], inLanguage(TEXTS, "zh-CN"), "zh-CN", nameOf)[1]).toContain("龙井茶 · 主仓");
});

test.each<readonly [string, string, string, readonly [string, string]]>([
  ["tenants.Attachment", "entity", "crm.Activity", ["跟进记录", "Activity"]],
  ["tenants.CustomField", "target", "party.Customer", ["客户", "Customer"]],
  ["tenants.CustomField", "target", "gone.Thing", ["gone.Thing", "gone.Thing"]],
  ["tenants.InboxEntry", "state", "open", ["待处理", "Open"]],
  ["tenants.InboxEntry", "state", "taken", ["已采用", "Taken over"]],
])("%s: %s %s is told in words", (entity, name, value, [zh, en]) => {
  const [change] = changesOf(entry(entity, "x", {}, { [name]: value }));
  if (change?.field == null) throw new Error("no such field");
  expect(fieldText(change.field, change.after, { language: "zh-CN" })).toBe(zh);
  expect(fieldText(change.field, change.after, { language: "en" })).toBe(en);
});
