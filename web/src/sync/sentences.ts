/** What a person is told where the server gave no sentence. */
import type { Texts } from "~/values/words";

export const SENTENCES = {
  unexpectedAnswer: (status: number) => [`服务器返回了无法识别的内容（HTTP ${status}）。`, `The server gave an answer that cannot be read (HTTP ${status}).`],
  noNetwork: ["暂时连不上服务器，内容都已保存在本机。", "The server cannot be reached now; everything is kept on this device."],
  noNetworkRemedy: ["请检查网络，恢复后会自动同步。", "Check the network: syncing goes on by itself."],
  signInAgain: ["登录已失效，未同步的内容都还在本机。", "Your sign-in has ended; what was not synced is still on this device."],
  signInAgainRemedy: ["请重新登录，登录后会自动同步。", "Sign in again: syncing goes on by itself."],
  revoked: ["这台设备已被停用，未同步的内容都还在本机。", "This device was revoked; what was not synced is still on it."],
  revokedRemedy: ["请重新登录，登录后会登记为新设备并继续同步。", "Sign in again: it becomes a new device and goes on syncing."],
  tooManyDevicesRemedy: [
    "本机因此不能接收数据，已录入的内容都还在。请在“设备”中吊销一台不再使用的设备，之后自动继续；打不开时请联系管理员。",
    "So this device gets no data; what you entered is still on it. Under Devices, revoke one that you no longer use: it goes on by itself. If you cannot, ask an administrator.",
  ],
  mustEncrypt: ["公司只允许加密设备接收数据，浏览器无法满足。您录入的内容仍会上传。", "Your company lets encrypted devices receive data only, which a browser cannot be. What you enter is still sent."],
  mustEncryptRemedy: ["网页上的数据不加密：请管理员调整设备要求。未同步的内容会继续上传。", "What the web client keeps is not encrypted: ask an administrator to change the rule for devices. What was not synced still goes up."],
  appTooOld: ["应用版本过旧，收不到新数据。您录入的内容仍会上传。", "This app is too old to receive data. What you enter is still sent."],
  appTooOldRemedy: ["请刷新页面以更新应用。", "Reload the page to update the app."],
  serverTooOld: ["服务器版本低于应用，暂时无法同步，内容都已保存在本机。", "The server is older than this app and cannot sync now; everything is kept on this device."],
  serverTooOldRemedy: ["无需操作，服务器更新后会自动同步。", "Nothing needs to be done: syncing goes on once the server is updated."],
  later: (seconds: number) => [`服务器繁忙，约 ${inWords(seconds)[0]}后自动重试，内容都已保存在本机。`, `The server asks for patience: the next attempt is in about ${inWords(seconds)[1]}. Everything is kept on this device.`],
  laterRemedy: ["可以继续录入，无需操作。", "Go on working; nothing needs to be done."],
  otherReplica: ["本机数据属于另一位成员，已原样保留。", "The data on this device belongs to another member and was left as it is."],
  otherReplicaRemedy: ["请用原来的成员身份登录。", "Sign in as that member."],
  gapStays: (last: number) => [`服务器停留在第 ${last} 条变更，同步无法继续，内容都已保存在本机。`, `The server stays at change ${last}, so syncing cannot go on; everything is kept on this device.`],
  gapStaysRemedy: ["请联系管理员。", "Tell your administrator."],
  wiped: (unsent: number | null) => [
    `管理员要求擦除本机数据，数据已删除；未同步的变更：${unsent === null ? "数目不详" : `${unsent} 项`}。`,
    `This device was wiped because an administrator asked for it; changes that were not synced: ${unsent ?? "unknown"}.`,
  ],
  wipedRemedy: ["如需继续使用，请联系管理员后重新登录。", "To go on, ask the administrator, then sign in anew."],
  notMended: (collections: string) => [`部分数据与服务器不一致：${collections}。`, `Some data is not what the server has: ${collections}.`],
  notMendedRemedy: ["请在设置中重新加载数据，未同步的变更会保留。", "Load the data afresh in the settings; what was not synced is kept."],
  fileEmpty: ["文件是空的。", "The file is empty."],
  fileEmptyRemedy: ["请选择有内容的文件。", "Choose a file that has content."],
  fileAway: ["文件不在本机，也尚未上传到服务器。", "The file is not on this device, and has not reached the server yet."],
  fileAwayRemedy: ["请等上传的人联网同步后再打开。", "Open it once whoever attached it has synced."],
  fileDamaged: ["本机保存的附件已损坏或丢失。", "The file that was kept on this device is damaged or gone."],
  fileDamagedRemedy: ["请重新添加这个附件。", "Attach it again."],
} satisfies Texts;

function inWords(seconds: number): readonly [string, string] {
  if (seconds < 90) {
    return [`${Math.ceil(seconds)} 秒`, `${Math.ceil(seconds)} seconds`];
  }
  const minutes = Math.ceil(seconds / 60);
  return [`${minutes} 分钟`, `${minutes} minutes`];
}
