import type { Help } from "./topics";

export const HELP: Help = {
  title: ["公司设置", "Company settings"],
  purpose: ["公司信息、密码策略、离线可用时长等。", "The company's facts, password policy, how long devices open offline."],
  steps: [
    ["改动对全公司生效，请谨慎。", "Changes concern the whole company."],
    ["离线时长越短越安全，越长越方便。", "Shorter offline hours are safer, longer ones more convenient."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
