/** What each module gives, for those who have it and for those who think about it. */
import type { CompanyAccess } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import type { Words } from "~/values/words";

export interface ShelfEntry {
  readonly code: string;
  readonly label: Words;
  readonly pitch: Words;
  readonly gives: readonly Words[];
  /** Where it begins; null: it is not part of this version. */
  readonly start: string | null;
}

interface Said {
  readonly pitch: Words;
  readonly gives: readonly Words[];
  readonly start?: string;
}

const SAID: Readonly<Record<string, Said>> = {
  crm: {
    pitch: ["客户、联系人、跟进都在一处，人走客户不走。", "Customers, contacts and follow-ups in one place; they stay when people leave."],
    gives: [
      ["客户档案与集团关系，联系人与决策角色", "Customer files with group structure, contacts and their part in decisions"],
      ["手机上三步写完一次跟进，可带位置、照片、语音", "A follow-up in three taps on a phone, with position, photo and voice note"],
      ["按人、部门的数据范围，离职移交一步完成", "Scopes by person and department; handing over takes one step"],
    ],
    start: "/list/customers",
  },
  sales: {
    pitch: ["从报价到出库一张单走到底，金额由服务器核算。", "One document from quotation to delivery; amounts are computed by the server."],
    gives: [
      ["键盘即可录完的订单明细，可从 Excel 粘贴", "Order lines by keyboard alone, pasted from Excel if you like"],
      ["离线开单也有正式单号", "Official document numbers offline, too"],
      ["装箱、出库与库存同时更新", "Packing and delivery move the stock at once"],
    ],
    start: "/list/salesOrders",
  },
  purchasing: {
    pitch: ["按库存和订单生成采购建议，到货、对账不再手工。", "Suggested purchases from stock and orders; receipts and reconciliation without paper."],
    gives: [
      ["供应商、询价、采购单", "Suppliers, requests, purchase orders"],
      ["到货入库与应付自动衔接", "Receipts lead to payables by themselves"],
    ],
  },
  inventory: {
    pitch: ["每一件货从哪来、到哪去、还剩多少，账实相符。", "Where every piece came from, where it went, what is left: books and shelves agree."],
    gives: [
      ["只增不改的库存流水，多仓库现存量", "Append-only stock moves, balances per warehouse"],
      ["手机摄像头或扫码枪盘点，离线也行", "Counts by phone camera or scanner, offline too"],
      ["负库存提醒", "Warnings of negative stock"],
    ],
    start: "/list/stockBalances",
  },
  finance: {
    pitch: ["业务单据自动生成凭证，应收应付随时对得上。", "Vouchers from business documents; receivables and payables that add up."],
    gives: [
      ["凭证、账簿、报表", "Vouchers, ledgers, statements"],
      ["收付款与核销", "Payments and reconciliation"],
    ],
  },
  service: {
    pitch: ["售后工单有人接、有时限、有结果。", "Service requests with an owner, a deadline and a result."],
    gives: [
      ["工单、派工、回访", "Requests, dispatch, follow-up"],
      ["保修与备件", "Warranty and spare parts"],
    ],
  },
  office: {
    pitch: ["审批、日程、公告和业务单据在一起。", "Approvals, calendar and notices beside the documents they concern."],
    gives: [
      ["按金额、部门、角色走的审批", "Approvals by amount, department and role"],
      ["日程与任务", "Calendar and tasks"],
    ],
  },
  analytics: {
    pitch: ["经营数据一眼看清，能一直点到原始单据。", "The business at a glance, down to the single document."],
    gives: [
      ["销售、客户、库存分析", "Sales, customers and stock analysed"],
      ["自定义看板", "Boards of your own"],
    ],
  },
};

export type ModuleState = "later" | "unknown" | "notBought" | "readable" | "trial" | "bought";

/** How the company has a module. A subscription that began before the trial's end leaves the others free until then. */
export function moduleState({ code, start }: Pick<ShelfEntry, "code" | "start">, access: CompanyAccess | null): ModuleState {
  if (start === null) return "later";
  if (access === null) return "unknown";
  if (!access.modules.includes(code)) return "notBought";
  if (!access.writable) return "readable";
  return access.state === "trial" || access.onTrial?.includes(code) === true ? "trial" : "bought";
}

/** In the order of the price list. */
export const SHELF: readonly ShelfEntry[] = DESCRIPTION.modules.flatMap(({ code, label }) => {
  const said = SAID[code];
  return said === undefined ? [] : [{ code, label, pitch: said.pitch, gives: said.gives, start: said.start ?? null }];
});
