import type { Help } from "./topics";

export const HELP: Help = {
  title: ["盘点", "Stock count"],
  purpose: ["核对账面和实物，差异过账后现存量就准了。", "Compares the books with the shelves; posting the differences makes the balances true."],
  steps: [
    ["选仓库，逐个输入或扫码录入实盘数。", "Choose the warehouse, then type or scan what is there."],
    ["账面数会显示在旁边，差异自动算出。", "The expected quantity stands beside it, the difference is worked out."],
    ["检查后点“盘点过账”。", "Check, then “Post count”."],
  ],
  offline: ["离线可以盘点和过账：按盘点时的账面计算，期间别人的出入库不会被抹掉。", "Counting and posting work offline: the count is taken as of its moment, and what others moved meanwhile is not lost."],
};
