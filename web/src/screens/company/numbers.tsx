/** Number series with what became of every number. */
import { Button } from "antd";
import { useState, type ReactNode } from "react";
import { useAnswer } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import styles from "./company.module.css";
import { TEXTS } from "./texts";

type Evidence = Operations["NumberEvidence"]["result"]["numberEvidence"][number];

export function Numbers(): ReactNode {
  const t = useTexts(TEXTS);
  const answer = useAnswer("NumberEvidence", {});
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Panel title={t.numbers} note={t.numbersNote}>
      <Answered answer={answer}>
        {({ numberEvidence }) => {
          const shown = numberEvidence.find((series) => series.key === opened);
          return (
            <>
              <Records
                label={t.numbers}
                rows={numberEvidence}
                keyOf={(series) => series.key}
                empty={t.noSeries}
                columns={[
                  { key: "series", title: t.series, render: (series) => series.prefix },
                  { key: "last", title: t.last, figure: true, render: (series) => series.last },
                  { key: "used", title: t.used, figure: true, render: (series) => series.used },
                  { key: "voided", title: t.voided, figure: true, render: (series) => series.voided },
                  { key: "outstanding", title: t.outstanding, figure: true, render: (series) => series.outstanding },
                  { key: "unexplained", title: t.unexplained, figure: true, render: (series) => <span className={series.unexplained > 0 ? styles["bad"] : undefined}>{series.unexplained}</span> },
                ]}
                actions={(series) => (
                  <Button size="small" type="text" aria-expanded={opened === series.key} onClick={() => setOpened(opened === series.key ? null : series.key)}>
                    {t.gaps}
                  </Button>
                )}
              />
              {shown !== undefined && <Gaps series={shown} />}
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

function Gaps({ series }: { readonly series: Evidence }): ReactNode {
  const t = useTexts(TEXTS);
  const number = (value: number): string => `${series.prefix}${String(value).padStart(6, "0")}`;
  return (
    <Records
      label={t.gaps}
      rows={series.gaps}
      keyOf={(gap) => String(gap.first)}
      empty={t.noGaps}
      columns={[
        { key: "numbers", title: t.gap, render: (gap) => (gap.first === gap.last ? number(gap.first) : `${number(gap.first)} – ${number(gap.last)}`) },
        { key: "why", title: t.why, render: (gap) => [gap.why, gap.reason].filter(Boolean).join(" · ") },
      ]}
    />
  );
}
