import type { Help } from "./topics";

export const HELP: Help = {
  title: ["服务器状态", "Server status"],
  purpose: ["给运维人员看的：服务器各部分是否正常、积压多少。", "For operators: whether the server's parts are well, and how much waits."],
  steps: [
    ["红色表示需要处理。", "Red needs attention."],
    ["数字每隔几秒自动刷新。", "The figures refresh by themselves."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
