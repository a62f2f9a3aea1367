/** What a member did last, newest first. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useAnswer } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { Answered } from "~/ui/answered";
import { instantWords } from "~/ui/instants";
import styles from "./members.module.css";
import { TEXTS } from "./texts";

export function RecentActions({ memberId }: { readonly memberId: string }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const answer = useAnswer("AuditEntries", { first: 20, filter: { memberId } });
  return (
    <Answered answer={answer}>
      {({ auditEntries }) =>
        auditEntries === null || auditEntries.nodes.length === 0 ? (
          <p className={styles["off"]}>{t.noActions}</p>
        ) : (
          <>
            <ul className={styles["actions"]}>
              {auditEntries.nodes.map((entry) => (
                <li key={entry.id}>
                  <time dateTime={entry.at}>{instantWords(entry.at, language)}</time>
                  <span>
                    {entry.commandLabel} · {entry.entityLabel}
                  </span>
                </li>
              ))}
            </ul>
            <Link href={`/settings/audit?member=${memberId}`}>{t.allActions}</Link>
          </>
        )
      }
    </Answered>
  );
}
