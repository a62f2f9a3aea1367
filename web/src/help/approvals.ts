import type { Help } from "./topics";

export const HELP: Help = {
  title: ["审批", "Approvals"],
  purpose: [
    "等您放行的事项集中在一处：待确认的销售单、待过账的盘点单、同事提交后有冲突的修改、等待回执的设备擦除。",
    "What waits for your release, in one place: orders to be confirmed, counts to be posted, clashes of colleagues' changes, wipes without a receipt.",
  ],
  steps: [
    ["先点“查看”核对内容，再点“确认”“过账”等按钮放行。", "Look at it with “Open” first, then release it with the button beside it."],
    ["同类事项可以多选，一次处理。", "Tick several of one kind to release them together."],
    ["同事的冲突可以采用提交的值，也可以保留现值；决定记入审计。", "Of a colleague's clash take what was submitted or keep what stands; the decision is kept in the audit trail."],
  ],
  offline: ["离线也能放行，联网后生效；只有撤回设备擦除需要联网。", "Can be done offline and takes effect with the network; only calling off a wipe needs it at once."],
};
