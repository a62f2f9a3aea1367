import type { Help } from "./topics";

export const HELP: Help = {
  title: ["待办", "To do"],
  purpose: ["把各模块里等着您处理的事情列在一处。", "Everything that waits for you, over all modules, in one list."],
  steps: [
    ["点一行直接打开对应的客户、单据或待处理项。", "A line opens its customer, document or inbox entry."],
    ["跟进在您再次写了该客户的跟进后自动消失。", "A follow-up leaves the list when you log the next one with that customer."],
    ["红色的是已过期或需要马上处理的。", "Red means overdue or urgent."],
  ],
  offline: ["列表按本设备上的数据计算，离线可用。", "The list is made from the data on this device and works offline."],
};
