/** Of a module that the company has not bought: its trial, its price as far as there is one, and asking for it. */
import { Button, Tag } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useRequest } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import type { CompanyAccess } from "~/device/api";
import { Failure } from "~/ui/failure";
import { lastDay } from "~/ui/standing";
import { dayOf, dayText } from "~/values/moments";
import { labelled, say, type Texts } from "~/values/words";
import styles from "./modules.module.css";
import { moduleState, type ShelfEntry } from "./shelf";

const TEXTS = {
  freeUntil: (day: string) => [`试用：免费使用到 ${day}`, `Trial: free through ${day}`],
  trialOver: (day: string) => [`试用已于 ${day} 结束`, `The trial ended on ${day}`],
  noPrice: ["价格：由服务商报价", "Price: quoted by the provider"],
  ask: ["申请开通", "Request"],
  asked: (day: string) => [`已申请（${day}）`, `Requested on ${day}`],
} satisfies Texts;

/** Who may ask for a module. */
export const ASKING = "tenants.setting.manage";

export function AskFor({ entry, access }: { readonly entry: ShelfEntry; readonly access: CompanyAccess | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay()(ASKING);
  const state = moduleState(entry, access);
  if (access === null || state === "later" || state === "bought" || state === "unknown") return null;
  const day = lastDay(access.trialEndsAt, access.timeZone, language);
  const isOver = Date.parse(access.trialEndsAt) <= Date.now();
  return (
    <div className={styles["offer"]}>
      {state !== "trial" && <span>{isOver ? t.trialOver(day) : t.freeUntil(day)}</span>}
      <span>{t.noPrice}</span>
      {may && <Ask code={entry.code} name={say(entry.label, language)} access={access} />}
    </div>
  );
}

function Ask({ code, name, access }: { readonly code: string; readonly name: string; readonly access: CompanyAccess }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const request = useRequest();
  const [now, setNow] = useState<string | null>(null);
  const asked = now ?? access.requests?.find((one) => one.code === code)?.requestedAt ?? null;
  if (asked !== null) return <Tag color="processing">{t.asked(dayText(dayOf(new Date(asked), access.timeZone), language))}</Tag>;
  const send = async (): Promise<void> => {
    const answer = await request.send("RequestModule", { input: { module: code } });
    if (answer !== null) setNow(answer.requestModule.requestedAt);
  };
  return (
    <>
      <Button aria-label={labelled(t.ask, name, language)} loading={request.busy} onClick={() => void send()}>
        {t.ask}
      </Button>
      <Failure error={request.error} />
    </>
  );
}
