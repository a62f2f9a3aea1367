/** One field of many rows: a new value for all; of tags those to add and those to take away. */
import { Modal, Select } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import type { Described } from "~/ui/described";
import { wrongWith } from "~/ui/field_checks";
import { FieldInput } from "~/ui/field_input";
import { formFields } from "~/ui/form_changes";
import type { Command, Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { say, type Texts } from "~/values/words";
import styles from "./list.module.css";

const TEXTS = {
  title: (count: number) => [`修改 ${count} 条记录的一个字段`, `Edit one field of ${count} records`],
  field: ["字段", "Field"],
  value: ["新的值", "New value"],
  empty: ["留空则清除原来的值", "Leave it empty to clear the field"],
  add: ["添加标签", "Add tags"],
  remove: ["去掉标签", "Take tags away"],
  apply: ["应用", "Apply"],
} satisfies Texts;

interface BulkEditProps {
  readonly described: Described;
  readonly command: Command;
  readonly count: number;
  onApply(argsOf: (row: Row) => JsonObject | null): void;
  onCancel(): void;
}

export function BulkEdit({ described, command, count, onApply, onCancel }: BulkEditProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  // A name or a number is one row's own.
  const fields = useMemo(() => formFields(described, command).filter(({ field }) => field.search === null), [described, command]);
  const [name, setName] = useState<string | null>(null);
  const [values, setValues] = useState<JsonObject>({});
  const [takenAway, setTakenAway] = useState<Json>([]);
  const [mistyped, setProblem] = useState<string | null>(null);
  const chosen = fields.find(({ field }) => field.name === name);
  const problem = mistyped ?? (chosen === undefined ? null : wrongWith(chosen.field, values[chosen.field.name], language));
  const currency = chosen === undefined ? undefined : described.definitions.get(chosen.field.name)?.["currency"];
  const isReady = chosen !== undefined && problem === null && (!chosen.required || (values[chosen.field.name] ?? null) !== null);
  return (
    <Modal open title={t.title(count)} okText={t.apply} okButtonProps={{ disabled: !isReady }} onCancel={onCancel} onOk={() => chosen !== undefined && onApply((row) => editOf(row, chosen.field, values, ids(takenAway)))}>
      <div className={styles["bulkEdit"]}>
        <Select
          aria-label={t.field}
          placeholder={t.field}
          showSearch={{ optionFilterProp: "label" }}
          value={name}
          options={fields.map(({ field }) => ({ value: field.name, label: say(field.label, language) }))}
          onChange={(next) => {
            setName(next);
            setValues({});
            setProblem(null);
          }}
        />
        {chosen !== undefined && (
          <FieldInput
            key={chosen.field.name}
            field={{ ...chosen.field, nullable: !chosen.required }}
            value={values[chosen.field.name] ?? null}
            values={values}
            label={chosen.field.kind === "list" ? t.add : t.value}
            error={problem}
            {...(typeof currency === "string" ? { defaultCurrency: currency } : {})}
            onChange={(value, also) => setValues((before) => ({ ...before, ...also, [chosen.field.name]: value }))}
            onProblem={setProblem}
          />
        )}
        {chosen?.field.kind === "list" && (
          <label>
            {t.remove}
            <FieldInput field={chosen.field} value={takenAway} onChange={setTakenAway} label={t.remove} />
          </label>
        )}
        {problem !== null && <p role="alert">{problem}</p>}
        {chosen !== undefined && chosen.field.kind !== "list" && !chosen.required && <p className={styles["hint"]}>{t.empty}</p>}
      </div>
    </Modal>
  );
}

/** The arguments for one row; null where it is so already. */
export function editOf(row: Row, field: Field, values: JsonObject, takenAway: readonly string[]): JsonObject | null {
  if (field.kind === "list") {
    const carried = ids(row[field.name] ?? []);
    const wanted = [...new Set([...carried, ...ids(values[field.name] ?? [])])].filter((id) => !takenAway.includes(id));
    return wanted.length === carried.length && wanted.every((id) => carried.includes(id)) ? null : { id: row.id, [field.name]: wanted };
  }
  if (field.name.startsWith("custom.")) return { id: row.id, custom: { [field.name.slice(7)]: values[field.name] ?? null } };
  const names = field.currencyField === null ? [field.name] : [field.name, field.currencyField];
  return { id: row.id, ...Object.fromEntries(names.map((one) => [one, values[one] ?? null])) };
}

function ids(value: Json): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
