/** What happened that the member should know: decisions to make, rows handed over, the trial, the device. */
import { useAccess, useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList, useLive, useStatus } from "~/data/hooks";
import type { Row } from "~/device/api";
import { textOf } from "~/values/json";
import type { Language, Texts } from "~/values/words";
import { trialDaysLeft } from "./standing_bar";

const TEXTS = {
  handedOver: ["客户转给了您", "A customer was handed to you"],
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
  const inbox = useLive("news inbox", ["inbox"], () => (may("tenants.inbox.view") ? device.inbox() : Promise.resolve([])));
  const mine = useList({
    collection: "customers",
    where: [
      { field: "ownerId", op: "eq", value: device.me.memberId },
      { field: "createdById", op: "ne", value: device.me.memberId },
    ],
    orderBy: [{ field: "updatedAt", desc: true }],
    limit: SHOWN,
  });
  const days = trialDaysLeft(access);
  const standing: News[] = [];
  if (status.trouble !== null) {
    standing.push({ key: `trouble.${status.trouble.code}`, title: status.trouble.message, text: status.trouble.remedy, to: "/todo", at: null });
  }
  if (status.evicted) standing.push({ key: "evicted", title: t.evicted, text: t.evictedText, to: "/me", at: null });
  if (days !== null && days <= TRIAL_SAID_DAYS) standing.push({ key: `trial.${days}`, title: t.trial(days), text: t.trialText, to: "/modules", at: null });
  const entries = (inbox.data ?? []).map((row) => inboxNews(row, language, t.needsDecision));
  const handed = (mine.data?.rows ?? [])
    .filter((row) => textOf(row["updatedById"]) !== device.me.memberId)
    .map((row) => ({ key: `mine.${row.id}`, title: t.handedOver, text: textOf(row["name"]), to: `/customers/${row.id}`, at: textOf(row["updatedAt"]) || null }));
  return [...standing, ...[...entries, ...handed].sort((a, b) => (b.at ?? "").localeCompare(a.at ?? ""))].slice(0, SHOWN);
}

function inboxNews(row: Row, language: Language, otherwise: string): News {
  const english = language === "en";
  return {
    key: `inbox.${row.id}`,
    title: textOf(english ? row["whatEn"] : row["whatZh"]) || otherwise,
    text: textOf(english ? row["messageEn"] : row["messageZh"]),
    to: "/inbox",
    at: textOf(row["createdAt"]) || null,
  };
}
