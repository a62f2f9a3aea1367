import type { Help } from "./topics";

export const HELP: Help = {
  title: ["回收站", "Recycle bin"],
  purpose: ["归档的记录在这里，可以恢复。", "Archived rows are here and can be restored."],
  steps: [
    ["找到记录，点“恢复”。", "Find the row and restore it."],
    ["被单据引用的记录不会被删除。", "What documents refer to is never deleted."],
  ],
  offline: ["查看和恢复离线可用。", "Looking and restoring work offline."],
};
