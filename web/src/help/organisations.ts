import type { Help } from "./topics";

export const HELP: Help = {
  title: ["组织架构", "Organisation"],
  purpose: ["公司、分支机构和部门的层级。", "Company, branches and departments."],
  steps: [
    ["部门决定“本部门及下级”的数据范围。", "Departments make the scope “department and below”."],
    ["调整上级时，相关数据的可见范围会自动跟着变。", "Moving a department moves who sees its data."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
