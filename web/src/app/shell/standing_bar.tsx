/** Why nothing can be changed, or that the trial is about to end: one sentence and what to do. */
import { Alert } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useAccess } from "~/data/access_context";
import { useTexts } from "~/data/device_context";
import type { CompanyAccess } from "~/device/api";
import { daysLeft } from "~/ui/standing";
import type { Texts } from "~/values/words";

const TEXTS = {
  readOnly: ["当前只能查看和导出，不能修改。", "Everything can be read and exported, nothing changed."],
  lastDay: ["试用今天结束。", "The trial ends today."],
  soon: (days: number) => [`试用还剩 ${days} 天。`, `${days} ${days === 1 ? "day" : "days"} of the trial left.`],
  afterwards: ["之后所有内容仍可查看和导出，订阅后继续录入。", "After that everything stays readable; subscribe to go on writing."],
  shelf: ["查看模块", "See the modules"],
} satisfies Texts;

/** Whole days that are left, the present one counted as 0; null where it is no trial. */
export function trialDaysLeft(access: CompanyAccess | null, now: number = Date.now()): number | null {
  if (access === null || access.state !== "trial") return null;
  return daysLeft(access.trialEndsAt, now);
}

export function StandingBar(): ReactNode {
  const access = useAccess();
  const t = useTexts(TEXTS);
  if (access === null) return null;
  const shelf = <Link href="/modules">{t.shelf}</Link>;
  if (!access.writable) {
    return <Alert banner type="warning" title={<>{access.reason ?? t.readOnly} {access.remedy} {shelf}</>} />;
  }
  const days = trialDaysLeft(access);
  if (days === null || days > 3) return null;
  return <Alert banner type="info" closable title={<>{days === 0 ? t.lastDay : t.soon(days)} {t.afterwards} {shelf}</>} />;
}
