import type { Help } from "./topics";

export const HELP: Help = {
  title: ["开始使用", "Getting started"],
  purpose: ["第一次使用时按步骤把公司设置好，大约十五分钟。", "Sets the company up step by step, in about fifteen minutes."],
  steps: [
    ["按任意顺序完成各步，做好的会自动打勾。", "Do the steps in any order; what is done ticks itself."],
    ["想先练习，可以用注册时带的示例数据。", "Practise on the demo data that came with the sign-up."],
    ["练习完在页面下方清除示例数据，自己录入的会保留。", "When done, clear the demo data at the bottom; what you entered stays."],
  ],
  offline: ["除公司信息、邀请同事和清除数据外，其余步骤都能离线完成。", "All steps but the company's facts, inviting people and clearing data work offline."],
};
