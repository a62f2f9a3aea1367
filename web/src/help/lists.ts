import type { Help } from "./topics";

export const HELP: Help = {
  title: ["列表", "Lists"],
  purpose: ["查找、筛选、分组和批量处理记录。", "Find, filter, group and change many rows at once."],
  steps: [
    ["在搜索框输入名称、编码、电话、拼音或首字母。", "Type a name, code, phone, pinyin or initials into the search box."],
    ["按条件筛选后可以存为视图，下次一点就到。", "Filters can be saved as a view and reopened in one click."],
    ["勾选多行后，上方出现可以批量做的事。", "Ticking rows shows what can be done to all of them."],
  ],
  offline: ["列表完全在本设备上，离线时一样快；还没上传的行有标记。", "Lists are wholly on this device and as fast offline; rows not sent yet are marked."],
};
