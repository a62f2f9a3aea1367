import type { Help } from "./topics";

export const HELP: Help = {
  title: ["设备", "Devices"],
  purpose: ["查看哪些设备在用公司数据，改名、吊销或远程擦除。", "Which devices hold the company's data; rename, revoke or wipe them."],
  steps: [
    ["吊销后设备不能再同步，需要重新登录。", "A revoked device syncs no more until it signs in again."],
    ["设备丢失时点“擦除”，它下次联网即清除数据并发回回执。", "If one is lost, wipe it: it erases itself when it is next in touch and says so."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
