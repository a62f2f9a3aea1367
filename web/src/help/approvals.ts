import type { Help } from "./topics";

export const HELP: Help = {
  title: ["审批", "Approvals"],
  purpose: ["等您放行的事项集中在一处：待确认的销售单、同事待处理的冲突、等待回执的设备擦除。", "What waits for your release, in one place: orders to be confirmed, colleagues' clashes, wipes without a receipt."],
  steps: [
    ["点“查看”核对单据，再点“确认”；可以勾选多张一起处理。", "“Open” shows the document, “Confirm” releases it; several can be ticked and released together."],
    ["同事的冲突可以代为决定：采用提交的，或保留现值。", "Colleagues' clashes may be decided for them: take as submitted, or keep what stands."],
  ],
  offline: ["销售单离线也能确认，联网后生效；同事的冲突和擦除需要联网。", "Orders can be confirmed offline and take effect with the network; clashes and wipes need it."],
};
