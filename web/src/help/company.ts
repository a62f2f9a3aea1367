import type { Help } from "./topics";

export const HELP: Help = {
  title: ["公司设置", "Company settings"],
  purpose: ["公司信息、订阅与模块、密码与设备规则、单据编号，一处查看和调整。", "The company's facts, its subscription and modules, the rules for passwords and devices, and where document numbers went."],
  steps: [
    ["规则逐项修改、逐项保存，对全公司生效，改动记入审计。", "Each rule is saved by itself, holds for the whole company and is kept in the audit trail."],
    ["“恢复默认”让一项规则回到出厂值。", "“Default” takes a rule back to what it was at first."],
    ["“单据编号”列出每个号的去向：已用、作废、在设备上待用；空缺要写明原因。", "“Document numbers” accounts for every number: used, void, on a device; a gap takes a reason."],
    ["试用数据可以在转为正式使用前清除；清除后不能恢复，先导出。", "Trial data can be cleared before you start in earnest. It cannot be brought back: export it first."],
  ],
  offline: ["公司名称和模块离线可看；修改规则和清除数据需要联网。", "Name and modules can be read offline; rules and clearing need the network."],
};
