import type { Help } from "./topics";

export const HELP: Help = {
  title: ["角色与权限", "Roles and permissions"],
  purpose: ["决定每类岗位能做什么、看不到哪些字段。", "What each kind of work may do, and which fields it does not see."],
  steps: [
    ["内置角色可以直接用，也可以复制后修改。", "Use the built-in roles, or copy and change them."],
    ["隐藏字段（如成本价、额度）对该角色完全不可见，导出和搜索里也没有。", "Hidden fields (costs, limits) are out of sight, in exports and search too."],
  ],
  offline: ["需要联网。权限变化会在各设备下次联网时生效。", "Needs the network. Changes reach each device when it is next in touch."],
};
