import type { Help } from "./topics";

export const HELP: Help = {
  title: ["流程导航", "Process map"],
  purpose: ["整个业务流程一张图：从客户到订单、出库、盘点，每一步有多少单一眼可见。", "The whole business on one map: customer, order, delivery, count, with what is in each step now."],
  steps: [
    ["点步骤进入对应的列表，点“新建”直接开单。", "A step opens its list; “New” makes a document at once."],
    ["用方向键在步骤之间移动，按 Enter 打开。", "Arrow keys move between steps, Enter opens one."],
    ["虚线框是还没有开通或即将推出的步骤。", "Dashed steps are not included or coming soon."],
  ],
  offline: ["数字按本设备上的数据计算，离线可用。", "The numbers come from the data on this device and show offline."],
};
