import type { Help } from "./topics";

export const HELP: Help = {
  title: ["库存", "Stock"],
  purpose: ["查看各仓库的现存量，登记入库、出库和调整。", "Balances per warehouse; record receipts, issues and adjustments."],
  steps: [
    ["现存量由流水累加得出，不能直接改。", "Balances add up from the moves and are not edited."],
    ["差异请用盘点或“调整”流水更正。", "Correct differences by a count or an adjustment."],
    ["负数会标红并出现在待办里。", "Negative stock is red and appears in the to-dos."],
  ],
  offline: ["离线可以登记出入库；其他人的流水联网后合并进来，流水只加不改，不会冲突。", "Moves can be recorded offline; they only add up, so they never conflict."],
};
