import type { Help } from "./topics";

export const HELP: Help = {
  title: ["销售单", "Sales orders"],
  purpose: ["从报价（草稿）到确认、装箱、出库，一张单走到底。", "From quotation (draft) to confirmed, packed and delivered: one document all the way."],
  steps: [
    ["在明细表里直接用键盘录入：Tab 下一格，Enter 下一行，可从 Excel 粘贴。", "Enter lines by keyboard: Tab for the next cell, Enter for the next row; paste from Excel."],
    ["“确认订单”后价格和数量不再变化；“出库”扣减库存。", "“Confirm order” fixes prices and quantities; “Deliver” takes the goods from stock."],
    ["取消的单据保留在系统里，不会删除。", "A cancelled document stays on record."],
  ],
  offline: ["开单、改单、确认、出库都能离线操作。正式单号从本设备领用的号段里取；金额最终由服务器核定。", "Making, changing, confirming and delivering work offline. Numbers come from this device's range; amounts are settled by the server."],
};
