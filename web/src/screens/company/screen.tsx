/** The company itself: who it is, what it has bought, its rules, its numbers. */
import { Tag } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useMay } from "~/data/access_context";
import { useAnswer } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { moduleLabel } from "~/ui/labels";
import { NOT_YET_MODULES } from "~/ui/not_yet_modules";
import { daysLeft, lastDay } from "~/ui/standing";
import { Page } from "~/ui/page";
import { Facts, Panel } from "~/ui/panel";
import { zoneText } from "~/values/zones";
import styles from "./company.module.css";
import { Numbers } from "./numbers";
import { Settings } from "./settings";
import { TEXTS } from "./texts";
import { TrialData } from "./trial_data";

export default function CompanyScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const me = useAnswer("Me", {});
  return (
    <Page title={t.title} help="company">
      <Answered answer={me}>{(answer) => <Company me={answer.me} onChanged={() => void me.reload()} />}</Answered>
      {may("tenants.setting.view") && <Settings />}
      {may("tenants.document_number.view") && <Numbers />}
    </Page>
  );
}

type Me = Operations["Me"]["result"]["me"];

function Company({ me, onChanged }: { readonly me: Me; readonly onChanged: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const language = useLanguage();
  const { tenant } = me;
  return (
    <>
      <Panel title={t.company} actions={<Link href="/settings/organisations">{t.legal}</Link>}>
        <Facts
          facts={[
            { label: t.name, value: tenant.name },
            {
              label: t.orgCode,
              value: (
                <>
                  <code>{tenant.orgCode}</code> <small className={styles["small"]}>{t.orgCodeNote}</small>
                </>
              ),
            },
            { label: t.zone, value: <span title={tenant.zone}>{zoneText(tenant.zone, language)}</span> },
          ]}
        />
      </Panel>
      <Access access={tenant.access} />
      {may("tenants.setting.manage") && tenant.access.state === "trial" && <TrialData onCleared={onChanged} />}
    </>
  );
}

function Access({ access }: { readonly access: Me["tenant"]["access"] }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [now] = useState(() => Date.now());
  const known: Readonly<Record<string, string>> = { trial: t.trial, active: t.active, read_only: t.read_only };
  const until = (instant: string): string => t.daysLeft(lastDay(instant, access.zone, language), daysLeft(instant, now));
  const usable = access.modules.filter(({ code }) => !NOT_YET_MODULES.has(code));
  const later = access.modules.filter(({ code }) => NOT_YET_MODULES.has(code));
  return (
    <Panel title={t.access} actions={<Link href="/modules">{t.shelf}</Link>} note={access.reason === null ? undefined : `${access.reason} ${access.remedy ?? ""}`}>
      <Facts
        facts={[
          { label: t.state, value: known[access.state.toLowerCase()] ?? access.state },
          { label: access.state.toLowerCase() === "trial" ? t.trialEnds : t.ends, value: access.state.toLowerCase() === "trial" ? until(access.trialEndsAt) : access.endsAt === null ? null : until(access.endsAt) },
          { label: t.modules, value: <Modules codes={usable} none={t.noModules} /> },
          ...(later.length === 0 ? [] : [{ label: t.later, value: <Modules codes={later} none="" /> }]),
        ]}
      />
    </Panel>
  );
}

function Modules({ codes, none }: { readonly codes: Me["tenant"]["access"]["modules"]; readonly none: string }): ReactNode {
  const language = useLanguage();
  if (codes.length === 0) return none;
  return (
    <span className={styles["modules"]}>
      {codes.map(({ code }) => (
        <Tag key={code}>{moduleLabel(code, language)}</Tag>
      ))}
    </span>
  );
}
