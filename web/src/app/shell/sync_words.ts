/** The sync state in words that a clerk understands: what to say first, and the details behind it. */
import type { SyncStatus } from "~/device/api";
import type { Texts } from "~/values/words";
import type { inLanguage } from "~/values/words";

export const SYNC_TEXTS = {
  ready: ["已同步", "Up to date"],
  syncing: ["正在同步…", "Syncing…"],
  starting: ["正在准备…", "Getting ready…"],
  loading: (percent: number) => [`首次载入 ${percent}%`, `First load ${percent}%`],
  offline: ["离线", "Offline"],
  offlinePending: (n: number) => [`离线 · ${n} 项待上传`, `Offline · ${n} to send`],
  pending: (n: number) => [`${n} 项待上传`, `${n} to send`],
  attention: (n: number) => [`${n} 项待处理`, `${n} ${n === 1 ? "needs" : "need"} attention`],
  memory: ["本设备不能离线", "No offline here"],
  evicted: ["本地数据已被清除", "Local data was cleared"],
  outdated: ["请更新", "Please update"],
  newVersion: ["有新版本", "New version"],
  held: ["暂缓同步", "Sync on hold"],
  trouble: ["同步受阻", "Sync is stopped"],

  offlineMore: [
    "现在连不上服务器。可以照常查看和录入，连上后自动上传。",
    "The server cannot be reached. Go on reading and writing; it is sent when the connection is back.",
  ],
  heldMore: (at: string) => [`服务器请我们稍后再来，下次尝试：${at}。录入的内容都保留着。`, `The server asked us to come later; next attempt at ${at}. Your edits are kept.`],
  loadingMore: ["正在把您的数据载入本设备，已载入的部分可以先用。", "Your data is being loaded to this device. What has come can be used already."],
  memoryMore: [
    "此浏览器不能在本机保存数据：关闭页面后要重新载入，但录入的内容会保留到上传为止。换用新版 Chrome、Edge 或 Firefox 的普通窗口即可离线使用。",
    "This browser keeps no data on the device: it loads again after the page is closed, but what you enter is kept until it is sent. A normal window of a recent Chrome, Edge or Firefox works offline.",
  ],
  evictedMore: [
    "浏览器清除了本设备上的数据，正在从服务器重新载入。把云帆添加到主屏幕或书签，可以减少这种情况。",
    "The browser cleared the data on this device; it is loading again from the server. Adding Yunfan to the home screen makes this rarer.",
  ],
  outdatedMore: ["有新版本。更新只需几秒，录入的内容都保留着。", "There is a new version. Updating takes seconds; your edits are kept."],
  waitingMore: (n: number) => [`${n} 项等待公司开通相应模块或恢复订阅后生效。`, `${n} wait for a module or for the subscription.`],
  parkedMore: (n: number) => [`${n} 项等待其他人的单据先到达。`, `${n} wait for somebody else's document.`],
  uploadsMore: (n: number) => [`${n} 个文件待上传。`, `${n} ${n === 1 ? "file" : "files"} to upload.`],
  refusedFiles: (n: number) => [`${n} 个文件未被接收`, `${n} ${n === 1 ? "file was" : "files were"} refused`],
  refusedFilesMore: (n: number) => [
    `${n} 个文件服务器没有接收，只在本设备上。请在所属记录的“附件”中查看原因，下载保存后移除。`,
    `The server did not take ${n} ${n === 1 ? "file" : "files"}; this device alone has ${n === 1 ? "it" : "them"}. Under “Files” of the record you see why: save it elsewhere and remove it there.`,
  ],
  pendingMore: (n: number) => [`${n} 项修改保存在本设备，等待上传。`, `${n} ${n === 1 ? "change is" : "changes are"} saved on this device, to be sent.`],
  attentionMore: (n: number) => [`${n} 项修改需要您决定。`, `${n} ${n === 1 ? "change needs" : "changes need"} your decision.`],
} satisfies Texts;

export type SyncSaid = ReturnType<typeof inLanguage<typeof SYNC_TEXTS>>;
export type Tone = "good" | "busy" | "quiet" | "warn" | "bad";

export interface SyncSummary {
  readonly tone: Tone;
  readonly label: string;
  /** One sentence each, the most important first. */
  readonly details: readonly string[];
}

/** `newVersion`: of the app, here and ready. `at`: how an instant is written. */
export function summarise(status: SyncStatus, newVersion: boolean, t: SyncSaid, at: (instant: string) => string): SyncSummary {
  const head = headline(status, t);
  // A newer version presses less than anything that is amiss.
  const said = newVersion && head.tone === "good" ? { tone: "quiet" as const, label: t.newVersion } : head;
  return { ...said, details: detailsOf(status, newVersion, t, at) };
}

function isHeld(status: SyncStatus): boolean {
  return status.online && status.nextAttemptAt !== null && !status.syncing;
}

function headline(status: SyncStatus, t: SyncSaid): { readonly tone: Tone; readonly label: string } {
  if (status.outdated) return { tone: "bad", label: t.outdated };
  if (status.needsAttention > 0) return { tone: "bad", label: t.attention(status.needsAttention) };
  if (status.evicted && status.phase !== "ready") return { tone: "warn", label: t.evicted };
  if (!status.online) {
    return { tone: "warn", label: status.pending > 0 ? t.offlinePending(status.pending) : t.offline };
  }
  // Of a server that answers: without one it is of the past.
  if (status.trouble !== null) return { tone: "bad", label: t.trouble };
  if (status.phase === "starting") return { tone: "busy", label: t.starting };
  if (status.phase === "loading") return { tone: "busy", label: t.loading(percentOf(status)) };
  if (isHeld(status)) return { tone: "warn", label: t.held };
  if (status.syncing) return { tone: "busy", label: t.syncing };
  if (status.pending + status.uploads > 0) return { tone: "quiet", label: t.pending(status.pending + status.uploads) };
  if (status.refusedFiles > 0) return { tone: "warn", label: t.refusedFiles(status.refusedFiles) };
  if (status.storage === "memory") return { tone: "warn", label: t.memory };
  return { tone: "good", label: t.ready };
}

function detailsOf(status: SyncStatus, newVersion: boolean, t: SyncSaid, at: (instant: string) => string): string[] {
  const details: string[] = [];
  if (status.outdated || newVersion) details.push(t.outdatedMore);
  if (status.needsAttention > 0) details.push(t.attentionMore(status.needsAttention));
  if (status.trouble !== null) details.push([status.trouble.message, status.trouble.remedy].filter(Boolean).join(" "));
  if (!status.online) details.push(t.offlineMore);
  if (isHeld(status) && status.nextAttemptAt !== null) details.push(t.heldMore(at(status.nextAttemptAt)));
  if (status.phase === "loading") details.push(t.loadingMore);
  if (status.evicted) details.push(t.evictedMore);
  if (status.pending > 0) details.push(t.pendingMore(status.pending));
  if (status.uploads > 0) details.push(t.uploadsMore(status.uploads));
  if (status.refusedFiles > 0) details.push(t.refusedFilesMore(status.refusedFiles));
  if (status.waiting > 0) details.push(t.waitingMore(status.waiting));
  if (status.parked > 0) details.push(t.parkedMore(status.parked));
  if (status.storage === "memory") details.push(t.memoryMore);
  return details;
}

/** Whole per cent; 0 where nothing is known. */
export function percentOf(status: SyncStatus): number {
  return Math.floor(100 * (status.progress ?? 0));
}
