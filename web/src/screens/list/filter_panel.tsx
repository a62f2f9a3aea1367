/** The conditions of a list, one line each: field, operator, value. */
import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { useCompanyBooks } from "~/data/company";
import { useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Condition, Operator } from "~/device/api";
import { MoneyInput } from "~/ui/amount_input";
import { useClearing } from "~/ui/clearing";
import { FieldInput } from "~/ui/field_input";
import { Reference } from "~/ui/field_value";
import { ReferencePicker } from "~/ui/reference_picker";
import { tabMovesOn } from "~/ui/tab_moves_on";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { toMinor } from "~/values/money";
import { say, type Texts } from "~/values/words";
import { amountOf, amountValue } from "./amounts";
import { filterable, isMoment, momentPresets, needsValue, operatorsOf, operatorWords } from "./filters";
import styles from "./list.module.css";

const TEXTS = {
  add: ["添加条件", "Add a condition"],
  remove: (label: string) => [`删除条件“${label}”`, `Remove the condition on ${label}`],
  operator: ["条件", "Condition"],
  value: ["值", "Value"],
  choose: ["请选择", "Choose"],
  removeValue: ["去掉", "Remove"],
  clear: ["全部清除", "Clear all"],
  done: ["完成", "Done"],
} satisfies Texts;

interface FilterPanelProps {
  readonly fields: readonly Field[];
  readonly where: readonly Condition[];
  onChange(where: readonly Condition[]): void;
  onDone?(): void;
}

/** A line without a value yet does not filter; it is kept here until it has one. */
export function FilterPanel({ fields, where, onChange, onDone }: FilterPanelProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [unfinished, setUnfinished] = useState<readonly Condition[]>([]);
  const choices = useMemo(() => filterable(fields), [fields]);
  const add = (name: string): void => {
    const field = choices.find((one) => one.name === name);
    const op = field === undefined ? undefined : operatorsOf(field)[0];
    if (op !== undefined) setUnfinished((before) => [...before, { field: name, op }]);
  };
  const change = (at: number, next: Condition | null): void => onChange(where.flatMap((one, index) => (index === at ? (next ?? []) : one)));
  const finish = (at: number, next: Condition | null): void => {
    const isDone = next !== null && (!needsValue(next.op) || (next.value !== undefined && next.value !== null));
    setUnfinished((before) => before.flatMap((one, index) => (index === at ? (next === null || isDone ? [] : next) : one)));
    if (next !== null && isDone) onChange([...where, next]);
  };
  return (
    <div className={styles["panel"]}>
      {where.map((condition, at) => (
        <FilterLine key={`${condition.field} ${at}`} condition={condition} fields={choices} onChange={(next) => change(at, next)} />
      ))}
      {unfinished.map((condition, at) => (
        <FilterLine key={`new ${condition.field} ${at}`} condition={condition} fields={choices} onChange={(next) => finish(at, next)} />
      ))}
      <div className={styles["panelFoot"]}>
        <Select
          aria-label={t.add}
          showSearch={{ optionFilterProp: "label" }}
          className={styles["addField"] ?? ""}
          value={null}
          placeholder={
            <>
              <PlusOutlined aria-hidden /> {t.add}
            </>
          }
          options={choices.map((field) => ({ value: field.name, label: say(field.label, language) }))}
          onChange={(name: string | null) => name !== null && add(name)}
        />
        {where.length > 0 && (
          <Button type="text" onClick={() => onChange([])}>
            {t.clear}
          </Button>
        )}
        {onDone !== undefined && (
          <Button type="primary" onClick={onDone}>
            {t.done}
          </Button>
        )}
      </div>
    </div>
  );
}

interface FilterLineProps {
  readonly condition: Condition;
  readonly fields: readonly Field[];
  /** null: the line goes. */
  onChange(condition: Condition | null): void;
}

function FilterLine({ condition, fields, onChange }: FilterLineProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { zone } = useCompanyBooks();
  const field = fields.find((one) => one.name === condition.field);
  const label = field === undefined ? condition.field : say(field.label, language);
  return (
    <div className={styles["filterLine"]}>
      <span className={styles["filterField"]}>{label}</span>
      {field !== undefined && (
        <Select
          aria-label={`${label} ${t.operator}`}
          className={styles["filterOperator"] ?? ""}
          value={condition.op}
          options={operatorsOf(field).map((op) => ({ value: op, label: say(operatorWords(field, op), language) }))}
          onChange={(op) => onChange(withOperator(condition, op))}
        />
      )}
      <span className={styles["filterValue"]}>{field !== undefined && needsValue(condition.op) && <FilterValue field={field} condition={condition} label={`${label} ${t.value}`} onChange={(value) => onChange(value === null ? { field: condition.field, op: condition.op } : { ...condition, value })} />}</span>
      <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t.remove(label)} onClick={() => onChange(null)} />
      {field !== undefined && isMoment(field) && (
        <span className={styles["presets"]}>
          {momentPresets(zone).map((preset) => (
            <Button key={preset.words[1]} size="small" onClick={() => onChange(preset.conditions(field.name)[0] ?? null)}>
              {say(preset.words, language)}
            </Button>
          ))}
        </span>
      )}
    </div>
  );
}

/** The value stays where the other operator takes one of the same kind. */
function withOperator(condition: Condition, op: Operator): Condition {
  const isList = op === "in" || op === "has";
  const stays = needsValue(op) && condition.value !== undefined && Array.isArray(condition.value) === isList;
  return stays ? { ...condition, op } : { field: condition.field, op };
}

interface FilterValueProps {
  readonly field: Field;
  readonly condition: Condition;
  readonly label: string;
  onChange(value: Json): void;
}

function FilterValue({ field, condition, label, onChange }: FilterValueProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { value } = condition;
  const several = Array.isArray(value) ? value.map(String) : [];
  const take = (next: readonly string[]): void => onChange(next.length === 0 ? null : next);
  if (field.kind === "list") return <TagChoice value={several} label={label} onChange={take} />;
  if (field.choices.length > 0) {
    return <Select mode="multiple" onInputKeyDown={tabMovesOn} aria-label={label} placeholder={t.choose} className={styles["whole"] ?? ""} value={several} options={field.choices.map((choice) => ({ value: choice.value, label: say(choice.label, language) }))} onChange={take} />;
  }
  if (field.refersTo !== null) return <References collection={field.refersTo} value={several} label={label} onChange={take} />;
  if (field.kind === "boolean") return <FieldInput field={{ ...field, nullable: true }} value={value} label={label} onChange={onChange} />;
  if (isMoment(field)) return <FieldInput field={{ ...field, kind: "date", widget: "date", nullable: true }} value={value} label={label} onChange={onChange} />;
  if (field.widget === "money") return <AmountValue field={field} value={value} label={label} onChange={onChange} />;
  if (field.kind === "integer" || field.kind === "decimal") return <FieldInput field={{ ...field, currencyField: null }} value={value} label={label} onChange={onChange} />;
  return <TypedText value={typeof value === "string" ? value : ""} label={label} onChange={onChange} />;
}

/** An amount with its currency, the company's own at first: the digits behind the point are that currency's. */
function AmountValue({ field, value, label, onChange }: Omit<FilterValueProps, "condition"> & { readonly value: Json | undefined }): ReactNode {
  const base = useCompanyBooks().currency;
  const amount = amountOf(value);
  const [chosen, setChosen] = useState(amount?.currency ?? base);
  const isPrice = field.kind === "decimal";
  const typed = amount === null ? null : isPrice ? amount.major : toMinor(amount.major, amount.currency);
  const choose = (currency: string): void => {
    setChosen(currency);
    if (amount !== null) onChange(amountValue(field, isPrice ? amount.major : toMinor(amount.major, currency), currency));
  };
  return <MoneyInput value={typed} currency={amount?.currency ?? chosen} price={isPrice} label={label} onCurrency={choose} onChange={(next) => onChange(next === null ? null : amountValue(field, next, chosen))} />;
}

const TYPING_MS = 200;

/** Filters a moment after the last key: each letter by itself is a question of its own. */
function TypedText({ value, label, onChange }: { readonly value: string; readonly label: string; onChange(value: Json): void }): ReactNode {
  const clearing = useClearing();
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  const take = (text: string): void => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onChange(text.trim() === "" ? null : text.trim()), TYPING_MS);
  };
  return <Input aria-label={label} value={typed} onChange={(event) => take(event.target.value)} allowClear={clearing} />;
}

function TagChoice({ value, label, onChange }: { readonly value: readonly string[]; readonly label: string; onChange(value: readonly string[]): void }): ReactNode {
  const t = useTexts(TEXTS);
  const { data } = useList({ collection: "tags", orderBy: [{ field: "name" }], limit: 1000 });
  return <Select mode="multiple" onInputKeyDown={tabMovesOn} aria-label={label} placeholder={t.choose} className={styles["whole"] ?? ""} showSearch={{ optionFilterProp: "label" }} value={[...value]} options={(data?.rows ?? []).map((tag) => ({ value: tag.id, label: String(tag["name"]) }))} onChange={onChange} />;
}

function References({ collection, value, label, onChange }: { readonly collection: string; readonly value: readonly string[]; readonly label: string; onChange(value: readonly string[]): void }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <span className={styles["references"]}>
      {value.map((id) => (
        <span key={id} className={styles["chip"]}>
          <Reference collection={collection} id={id} links={false} />
          <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t.removeValue} onClick={() => onChange(value.filter((one) => one !== id))} />
        </span>
      ))}
      <ReferencePicker collection={collection} value={null} label={label} onChange={(id) => id !== null && !value.includes(id) && onChange([...value, id])} />
    </span>
  );
}
