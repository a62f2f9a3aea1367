import type { Help } from "./topics";

export const HELP: Help = {
  title: ["模块", "Modules"],
  purpose: ["查看公司开通了哪些模块、用到什么时候，其他模块能做什么。", "Which modules the company has and until when, and what the others would give."],
  steps: [
    ["点模块名称看详细说明。", "A module's name opens its description."],
    ["试用期内全部模块都可以用。", "During the trial every module is open."],
    ["管理员可在这里申请开通，申请记录在服务商处；还不能在线购买。", "Admins ask for a module here; the request is recorded with the provider. Nothing can be bought online yet."],
  ],
  offline: ["显示的是本设备上次从服务器得到的情况。", "Shown as this device heard it from the server last."],
  tips: [
    ["到期后不会删除任何数据：仍可查看和导出，续订后继续录入。", "Nothing is deleted when a period ends: all stays readable and exportable, and goes on after renewal."],
  ],
};
