import type { Help } from "./topics";

export const HELP: Help = {
  title: ["审计记录", "Audit trail"],
  purpose: ["谁在什么时候做了什么，不能修改。", "Who did what and when; it cannot be changed."],
  steps: [
    ["按人、时间、对象筛选。", "Filter by person, time or thing."],
    ["点一行看修改前后的值。", "A line shows the values before and after."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
