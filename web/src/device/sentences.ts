/** What this room refuses, in words. */
import { type Language, say, type Words } from "~/values/words";
import { NoNetwork, Refused } from "./api";

const REFUSALS = {
  APP_OUTDATED: [
    ["另一个标签页在用新版云帆。", "A newer Yunfan is in use in another tab."],
    ["请刷新页面；已录入的内容都在。", "Reload this page. Everything you entered is kept."],
  ],
  OFFLINE_TOO_LONG: [
    ["未联网的时间超过了公司的规定。", "This device was without the server for longer than your company allows."],
    ["请连上网络再打开；未上传的内容都在。", "To go on, connect to a network and open it again. What was not sent is kept."],
  ],
  IDLE_TOO_LONG: [
    ["长时间没有操作，已按公司的规定锁定。", "Locked: nobody used it for as long as your company allows."],
    ["请重新打开或登录；未上传的内容都在。", "To go on, open it again or sign in. What was not sent is kept."],
  ],
  NOT_SIGNED_IN: [
    ["需要重新登录。", "You are signed out."],
    ["请登录；此设备上未上传的内容都在。", "To go on, sign in. What was not sent is kept on this device."],
  ],
  PIN_NEEDED: [
    ["请输入 PIN 码。", "This account opens with its PIN."],
    ["请输入在此设备上设置的 PIN 码，或重新登录。", "Enter the PIN that was set on this device, or sign in."],
  ],
  PIN_WRONG: [
    ["PIN 码不对。", "The PIN is wrong."],
    ["连续输错 5 次后需要联网登录。", "After five wrong ones in a row you have to sign in with the server."],
  ],
  PIN_TOO_SOON: [
    ["试得太频繁了。", "That was too soon after the last attempt."],
    ["请等几秒再试。", "Wait a few seconds and try again."],
  ],
  PIN_LOCKED: [
    ["PIN 码连续输错，已停用。", "The PIN was wrong too often and opens nothing any more."],
    ["请联网登录；未上传的内容都在。", "To go on, sign in with the server. What was not sent is kept."],
  ],
  PIN_UNUSABLE: [
    ["PIN 码需要 6 到 32 个字符。", "A PIN has 6 to 32 characters."],
    ["请换一个 PIN 码。", "Choose another one."],
  ],
  PASSKEY_FAILED: [
    ["通行密钥没有通过验证。", "The passkey was not confirmed."],
    ["请重试，或重新登录。", "Try again, or sign in."],
  ],
  PASSKEY_IMPOSSIBLE: [
    ["这个浏览器不支持用通行密钥解锁。", "This browser cannot unlock with a passkey."],
    ["请改用 PIN 码。", "Use a PIN instead."],
  ],
  FILE_EMPTY: [
    ["文件是空的。", "The file is empty."],
    ["请选择有内容的文件。", "Choose a file with content."],
  ],
  ACCOUNT_UNKNOWN: [
    ["此设备上没有这个账号。", "This account is not on this device."],
    ["请登录。", "To go on, sign in."],
  ],
  DEVICE_WIPED: [
    ["此账号的数据已按公司的要求从本设备清除。", "Your company had this account's data erased from this device."],
    ["如需继续使用，请联系公司管理员后重新登录。", "To go on, talk to your company's admin and sign in again."],
  ],
  ACCOUNT_LEFT: [
    ["已在此设备上退出或移除这个账号。", "This account was signed out or removed on this device."],
    ["请登录。", "To go on, sign in."],
  ],
} as const satisfies Record<string, readonly [message: Words, remedy: Words]>;

const NO_NETWORK: Words = ["连不上服务器。", "The server cannot be reached."];

export type DeviceRefusal = keyof typeof REFUSALS;

export function refused(code: DeviceRefusal, language: Language, field: string | null = null): Refused {
  const [message, remedy] = REFUSALS[code];
  return new Refused(code, say(message, language), say(remedy, language), field);
}

export function noNetwork(language: Language, cause?: unknown): NoNetwork {
  return new NoNetwork(say(NO_NETWORK, language), { cause });
}
