import type { Help } from "./topics";

export const HELP: Help = {
  title: ["导出", "Export"],
  purpose: ["把数据导出为表格，或导出公司的全部数据。", "Exports rows as a table, or all of the company's data."],
  steps: [
    ["只能导出您有权查看的数据，隐藏字段不会出现。", "Only what you may see is exported; hidden fields are left out."],
    ["每次导出都会记入审计记录。", "Each export is on the audit trail."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
