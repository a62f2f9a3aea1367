import type { Help } from "./topics";

export const HELP: Help = {
  title: ["我的账号与安全", "My account and security"],
  purpose: ["密码、两步验证、PIN、登录过的设备、语言和外观。", "Password, second factor, PIN, sign-ins, language and appearance."],
  steps: [
    ["设置 PIN 后，没有网络也能安全地打开本设备上的账号。", "With a PIN your account opens safely on this device without a network."],
    ["开启两步验证，并把恢复码保存好。", "Turn on two-step verification and keep the recovery codes."],
    ["不认识的登录会话，点“下线”并修改密码。", "End a sign-in that you do not know, and change the password."],
  ],
  offline: ["PIN、语言和外观离线可改；密码和登录管理需要联网。", "PIN, language and appearance can be changed offline; password and sign-ins need the network."],
};
