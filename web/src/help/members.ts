import type { Help } from "./topics";

export const HELP: Help = {
  title: ["成员", "Members"],
  purpose: ["邀请同事、分配角色和数据范围、停用离职人员。", "Invite people, give roles and scopes, deactivate those who leave."],
  steps: [
    ["邀请通过手机或邮箱发出；没有手机邮箱的同事可以建组织账号。", "Invitations go by phone or e-mail; people without either get an account of the organisation."],
    ["还没加入的人列在“待加入”，可以重新发送或撤回邀请。", "Who has not joined yet stands under “Invited”: send the invitation again or withdraw it."],
    ["角色决定能做什么，数据范围决定能看到谁的数据。", "A role says what one may do, the scope whose data one sees."],
    ["停用后立即不能登录，资料和历史都保留。", "A deactivated member cannot sign in any more; records and history stay."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
