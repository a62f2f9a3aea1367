import type { Help } from "./topics";

export const HELP: Help = {
  title: ["待处理", "Inbox"],
  purpose: ["服务器没有照办的修改会出现在这里，由您决定怎么处理，任何修改都不会悄悄丢掉。", "Changes that the server did not do as asked appear here for your decision; nothing is dropped silently."],
  steps: [
    ["左右对照：原来的值、您的修改、别人的修改。", "Compare what it was, what you changed and what others changed."],
    ["逐项选择“用我的”或“用对方的”，也可以修改后重新提交。", "Take yours or theirs, field by field, or correct and send again."],
    ["不需要了就点“放弃”。", "Discard what is not needed any more."],
  ],
  offline: ["可以离线决定，联网后执行。", "Decisions can be made offline and are carried out with the network."],
};
