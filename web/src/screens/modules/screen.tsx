/** The shelf: which modules the company has, until when, and what the others would give. */
import { CheckOutlined } from "@ant-design/icons";
import { Alert, Button, Tag } from "antd";
import type { ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useAccess, useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import type { CompanyAccess } from "~/device/api";
import { Page } from "~/ui/page";
import { lastDay } from "~/ui/standing";
import { labelled, say, type Texts } from "~/values/words";
import { AskFor, ASKING } from "./ask_for";
import { moduleState, SHELF, type ShelfEntry } from "./shelf";
import styles from "./modules.module.css";

const TEXTS = {
  title: ["模块", "Modules"],
  trial: (day: string) => [`试用中，全部模块免费使用到 ${day}。`, `Trial: all modules are free until ${day}.`],
  trialAfter: ["到期后所有内容仍可查看和导出，订阅后继续录入。", "After that you can still view and export everything; subscribe to keep editing."],
  active: (day: string) => [`订阅有效期至 ${day}。`, `Subscribed until ${day}.`],
  endless: ["订阅有效。", "Subscribed."],
  readOnly: ["当前只能查看和导出，不能修改。", "Everything can be read and exported, nothing changed."],
  unknown: ["还没有从服务器取得订阅信息，联网后显示。", "The subscription is not known yet; it shows with a network."],
  bought: ["已开通", "In use"],
  onTrial: (day: string) => [`试用至 ${day}`, `Trial until ${day}`],
  readable: ["只读", "Read only"],
  notBought: ["未开通", "Not included"],
  later: ["即将推出", "Coming soon"],
  open: ["打开", "Open"],
  how: ["如需开通或续订，请联系贵公司的管理员。", "To add a module or renew, ask your company's admin."],
  howAdmin: [
    "目前还不能在线购买。点“申请开通”后，申请会记录在服务商处，由服务商与您联系、报价并开通。",
    "Modules cannot be bought online yet. “Request” passes your request on to the service provider, who will contact you with a quote and add it.",
  ],
  all: ["全部模块", "All modules"],
} satisfies Texts;

export default function Modules(): ReactNode {
  const t = useTexts(TEXTS);
  const { code } = useParams<{ code?: string }>();
  const language = useLanguage();
  const may = useMay();
  const access = useAccess();
  const shown = code === undefined ? SHELF : SHELF.filter((entry) => entry.code === code);
  const [only] = shown;
  const single = code !== undefined && only !== undefined;
  return (
    <Page title={single ? say(only.label, language) : t.title} help="modules" {...(code === undefined ? {} : { back: "/modules" })}>
      <Standing access={access} />
      <div className={single ? styles["single"] : styles["shelf"]}>
        {shown.map((entry) => (
          <ModuleCard key={entry.code} entry={entry} access={access} />
        ))}
      </div>
      <p className={styles["how"]}>{may(ASKING) ? t.howAdmin : t.how}</p>
      {code !== undefined && <Link href="/modules">{t.all}</Link>}
    </Page>
  );
}

function Standing({ access }: { readonly access: CompanyAccess | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  if (access === null) return <Alert type="info" showIcon title={t.unknown} />;
  if (!access.writable) return <Alert type="warning" showIcon title={access.reason ?? t.readOnly} description={access.remedy ?? undefined} />;
  if (access.state === "trial") return <Alert type="info" showIcon title={t.trial(lastDay(access.trialEndsAt, access.timeZone, language))} description={t.trialAfter} />;
  return <Alert type="success" showIcon title={access.endsAt === null ? t.endless : t.active(lastDay(access.endsAt, access.timeZone, language))} />;
}

function ModuleCard({ entry, access }: { readonly entry: ShelfEntry; readonly access: CompanyAccess | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const name = say(entry.label, language);
  const bought = access === null || access.modules.includes(entry.code);
  return (
    <section className={`${styles["card"]} ${entry.start !== null && bought ? "" : styles["dim"]}`} aria-label={name}>
      <header>
        <h2>
          <Link href={`/modules/${entry.code}`}>{name}</Link>
        </h2>
        <Status entry={entry} access={access} />
      </header>
      <p>{say(entry.pitch, language)}</p>
      <ul>
        {entry.gives.map((gift) => (
          <li key={gift[0]}>
            <CheckOutlined /> {say(gift, language)}
          </li>
        ))}
      </ul>
      <div className={styles["foot"]}>
        <AskFor entry={entry} access={access} />
        {entry.start !== null && bought && (
          <Link href={entry.start} asChild>
            <Button aria-label={labelled(t.open, name, language)}>{t.open}</Button>
          </Link>
        )}
      </div>
    </section>
  );
}

function Status({ entry, access }: { readonly entry: ShelfEntry; readonly access: CompanyAccess | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const state = moduleState(entry, access);
  if (state === "trial" && access !== null) return <Tag color="processing">{t.onTrial(lastDay(access.trialEndsAt, access.timeZone, language))}</Tag>;
  if (state === "bought") return <Tag color="success">{t.bought}</Tag>;
  if (state === "readable") return <Tag color="warning">{t.readable}</Tag>;
  if (state === "notBought") return <Tag>{t.notBought}</Tag>;
  return state === "later" ? <Tag>{t.later}</Tag> : null;
}
