import type { Help } from "./topics";

export const HELP: Help = {
  title: ["云帆怎么用", "How Yunfan works"],
  purpose: [
    "从线索、客户、报价、订单到出库和盘点，资料只录一次；电脑、平板、手机上都一样，有没有网络都能用。",
    "From lead and customer to quotation, order, delivery and stock count everything is entered once, on computer, tablet and phone, with a network or without.",
  ],
  steps: [
    ["左侧导航按业务分组；手机上在底部，点“我的”可以看到全部功能。", "The navigation groups the work by module; on a phone it is at the bottom, and “Me” shows everything."],
    ["按 Ctrl-K（苹果电脑按 ⌘K）搜索任何内容：名称、编码、电话、拼音或首字母都可以。", "Press Ctrl-K (⌘K on a Mac) to find anything by name, code, phone, pinyin or initials."],
    ["点“新建”可以录入客户、跟进、订单、盘点等，两次点击就到。", "“New” makes customers, follow-ups, orders or counts in two clicks."],
    ["右上角显示同步状态；需要您决定的修改会出现在“待处理”。", "The sync state is always at the top; changes that need your decision are in the inbox."],
  ],
  offline: [
    "看到的数据都在本设备上。没有网络时照常查看和录入，修改先保存在本设备，联网后自动上传，不会丢失，也不会重复。",
    "What you see is on this device. Without a network you can go on reading and writing: changes are saved here first and sent when you reconnect, nothing lost, nothing duplicated.",
  ],
  tips: [
    ["按 ? 键随时打开当前页面的帮助。", "Press ? for help on the page in front of you."],
    ["同一账号可以同时打开几个标签页。", "Several tabs of one account may be open at once."],
  ],
};
