import type { Help } from "./topics";

export const HELP: Help = {
  title: ["工作台", "Workbench"],
  purpose: ["一天从这里开始：要做什么、快速新建、本月的数字、最近的更新。", "Where the day begins: what to do, what to make, the month in figures, what changed last."],
  steps: [
    ["点上方的按钮，两次点击内就能新建客户、跟进、销售单等。", "The buttons at the top make a customer, a follow-up or an order within two clicks."],
    ["“待办”列出到期的跟进、草稿、待出库的订单和需要您决定的修改。", "“To do” lists follow-ups due, drafts, orders to deliver and changes that need your decision."],
    ["点数字卡片进入对应的列表。", "A figure leads to its rows."],
  ],
  offline: ["所有数字都按本设备上的数据计算，离线时照常显示；其他同事的新数据联网后补上。", "All figures are counted from the data on this device, offline too; what colleagues entered meanwhile comes with the network."],
};
