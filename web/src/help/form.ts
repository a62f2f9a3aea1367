import type { Help } from "./topics";

export const HELP: Help = {
  title: ["填写表单", "Filling in a form"],
  purpose: ["新建或修改一条记录。", "Makes or changes one row."],
  steps: [
    ["带 * 的是必填项。", "Fields with * are required."],
    ["填到一半离开，草稿会留在本设备，下次接着填。", "What you leave half done stays on this device as a draft."],
    ["保存后立即生效并显示，联网后自动上传。", "Saving shows at once and is sent by itself."],
  ],
  offline: ["离线照常保存。如果别人同时改了同一项，系统会按字段合并；合并不了的会出现在“待处理”。", "Saving works offline. If somebody changed the same thing, fields are merged; what cannot be merged appears in the inbox."],
};
