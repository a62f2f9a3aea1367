import type { Help } from "./topics";

export const HELP: Help = {
  title: ["客户", "Customers"],
  purpose: ["一个客户的全貌：资料、上下级单位、联系人、跟进、订单、文件。", "A customer as a whole: facts, group, contacts, follow-ups, orders, files."],
  steps: [
    ["点“写跟进”记录一次沟通，并安排下一步。", "“Follow up” notes a talk and the next step."],
    ["点“开单”直接为该客户新建报价单。", "“New order” makes a quotation for this customer."],
    ["集团客户可以看到上级和下级单位。", "Groups show the companies above and below."],
  ],
  offline: ["资料、跟进和订单离线可看可写；打开过的文件保留在本设备上。", "Facts, follow-ups and orders work offline; files that were opened stay on the device."],
};
