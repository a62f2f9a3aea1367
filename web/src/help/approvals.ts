import type { Help } from "./topics";

export const HELP: Help = {
  title: ["审批", "Approvals"],
  purpose: ["等您审批的单据，以及您提交的审批走到了哪一步。", "Documents that wait for your approval, and how far yours have come."],
  steps: [
    ["点一行查看单据，再同意或退回。", "Open a line, look at the document, approve or send it back."],
    ["退回时写明原因，对方会收到通知。", "Say why when you send it back; its author is told."],
  ],
  offline: ["可以离线处理，联网后生效。", "Can be done offline; it takes effect with the network."],
};
