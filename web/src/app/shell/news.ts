/** What happened that the member should know: decisions to make, what colleagues did with their rows, the trial, the device. */
import { useAccess, useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive, useStatus } from "~/data/hooks";
import type { Entry } from "~/data/inbox/entry";
import { useInboxEntries } from "~/ui/inbox_titles";
import { say, type Language, type Texts } from "~/values/words";
import { happenings, type Happened } from "./events";
import { trialDaysLeft } from "./standing_bar";

const TEXTS = {
  handedOver: ["客户转给了您", "A customer was handed to you"],
  confirmed: (who: string) => [`${who || "同事"}确认了您的销售单`, `${who || "A colleague"} confirmed your order`],
  delivered: (who: string) => [`${who || "同事"}已将您的销售单出库`, `${who || "A colleague"} delivered your order`],
  cancelled: (who: string) => [`${who || "同事"}取消了您的销售单`, `${who || "A colleague"} cancelled your order`],
  edited: (who: string) => [`${who || "同事"}修改了您的报价单`, `${who || "A colleague"} edited your quotation`],
  trial: (days: number) => [`试用还剩 ${days} 天`, `${days} ${days === 1 ? "day" : "days"} of the trial left`],
  trialText: ["之后所有内容仍可查看和导出。", "After that everything stays readable."],
  evicted: ["浏览器清除过本设备的数据", "The browser had cleared the data on this device"],
  evictedText: ["已从服务器重新载入。", "It was loaded again from the server."],
  needsDecision: ["有修改需要您决定", "A change needs your decision"],
} satisfies Texts;

export interface News {
  /** The same news has the same key, on every visit. */
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly to: string;
  /** RFC 3339; null: it holds now. */
  readonly at: string | null;
}

const SHOWN = 20;
const TRIAL_SAID_DAYS = 7;

export function useNews(): readonly News[] {
  const device = useDevice();
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const status = useStatus();
  const access = useAccess();
  const inbox = useInboxEntries(may("tenants.inbox.view"));
  const loaded = status.phase === "ready";
  const happened = useLive(`news ${String(loaded)}`, ["customers", "salesOrders", "salesOrderLines", "members"], () => happenings(device, loaded));
  const days = trialDaysLeft(access);
  const standing: News[] = [];
  if (status.trouble !== null) {
    standing.push({ key: `trouble.${status.trouble.code}`, title: status.trouble.message, text: status.trouble.remedy, to: "/todo", at: null });
  }
  if (status.evicted) standing.push({ key: "evicted", title: t.evicted, text: t.evictedText, to: "/me", at: null });
  if (days !== null && days <= TRIAL_SAID_DAYS) standing.push({ key: `trial.${days}`, title: t.trial(days), text: t.trialText, to: "/modules", at: null });
  const entries = (inbox.data ?? []).map((entry) => inboxNews(entry, language, t.needsDecision));
  const titles: Readonly<Record<Happened, (who: string) => string>> = { ...t, handedOver: () => t.handedOver };
  const others = (happened.data ?? []).map(({ key, what, who, called, to, at }): News => ({ key, title: titles[what](who), text: called, to, at }));
  return [...standing, ...[...entries, ...others].sort((a, b) => (b.at ?? "").localeCompare(a.at ?? ""))].slice(0, SHOWN);
}

function inboxNews(entry: Entry, language: Language, otherwise: string): News {
  return {
    key: `inbox.${entry.id}`,
    title: say(entry.what, language) || otherwise,
    text: say(entry.message, language),
    to: "/inbox",
    at: entry.madeAt || null,
  };
}
