/** What was submitted, in words: nobody decides about what they cannot read. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import { Value } from "~/ui/field_value";
import type { Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { say } from "~/values/words";
import { object } from "~/data/inbox/entry";
import styles from "./inbox.module.css";
import { plain, shownArguments, type Naming } from "./naming";
import { TEXTS } from "./texts";

interface SentProps {
  readonly sent: JsonObject;
  readonly naming: Naming;
  /** The row as it is on this device: where the currency of an amount stands. */
  readonly row: Row | null;
}

export function Sent({ sent, naming, row }: SentProps): ReactNode {
  const language = useLanguage();
  const found = shownArguments(sent, []);
  if (found.length === 0) return null;
  return (
    <dl className={styles["pairs"]}>
      {found.map(([path, value]) => {
        const field = naming.field(path);
        return (
          <div key={path} className={styles["pair"]}>
            <dt>{say(field.label, language)}</dt>
            <dd>{isLines(value) ? <SentLines lines={value} /> : <Value field={field} value={value} row={{ ...row, ...sent }} links={false} />}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function isLines(value: Json): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item));
}

function SentLines({ lines }: { readonly lines: readonly JsonObject[] }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const names = [...new Set(lines.flatMap((line) => shownArguments(object(line), []).map(([name]) => name)))];
  const fields: readonly Field[] = names.map(plain);
  return (
    <table className={styles["sides"]}>
      <thead>
        <tr>
          <th scope="col" aria-label={t.number} />
          {fields.map((field) => (
            <th key={field.name} scope="col">
              {say(field.label, language)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map((line, at) => (
          <tr key={String(line["id"] ?? at)}>
            <th scope="row">{at + 1}</th>
            {fields.map((field) => (
              <td key={field.name}>
                <Value field={field} value={line[field.name]} links={false} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
