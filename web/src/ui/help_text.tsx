/** A help topic as it is read. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Help } from "~/help/topics";
import { say, type Texts } from "~/values/words";
import styles from "./help_text.module.css";

const TEXTS = {
  how: ["怎么用", "How to use it"],
  offline: ["没有网络时", "Without a network"],
  tips: ["小窍门", "Good to know"],
} satisfies Texts;

export function HelpText({ help }: { readonly help: Help }): ReactNode {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const tips = help.tips ?? [];
  return (
    <article className={styles["help"]}>
      <h2>{say(help.title, language)}</h2>
      <p>{say(help.purpose, language)}</p>
      <h3>{t.how}</h3>
      <ol>
        {help.steps.map((step) => (
          <li key={step[0]}>{say(step, language)}</li>
        ))}
      </ol>
      <h3>{t.offline}</h3>
      <p>{say(help.offline, language)}</p>
      {tips.length > 0 && <h3>{t.tips}</h3>}
      {tips.length > 0 && (
        <ul>
          {tips.map((tip) => (
            <li key={tip[0]}>{say(tip, language)}</li>
          ))}
        </ul>
      )}
    </article>
  );
}
