/** The editor of any field: what its widget asks for, native pickers of days on phones. */
import { DatePicker, Input, Select, Switch } from "antd";
import dayjs from "dayjs";
import { useMemo, useState, type ReactNode } from "react";
import { GrowingText } from "./growing_text";
import { useCompanyBooks } from "~/data/company";
import { useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { fromMinor, toMinor } from "~/values/money";
import { instantOfLocal, localMinute } from "~/values/moments";
import { phoneText } from "~/values/phone";
import { say, type Texts } from "~/values/words";
import { MoneyInput, NumberInput } from "./amount_input";
import { useCompact } from "./compact";
import { isObject } from "./described";
import styles from "./field_input.module.css";
import { NO, YES } from "./field_text";
import { ReferencePicker } from "./reference_picker";
import { tabMovesOn } from "./tab_moves_on";

const TEXTS = {
  choose: ["请选择", "Choose"],
  notOnDevice: ["这类数据不在本机，无法在此选择。", "These records are not on this device and cannot be picked here."],
} satisfies Texts;

export interface FieldInputProps {
  readonly field: Field;
  readonly value: Json | undefined;
  /** `also`: other fields that change with it, the currency beside an amount. */
  onChange(value: Json, also?: JsonObject): void;
  /** What is wrong with what was typed; null: nothing. A wrong text is shown and not handed on. */
  onProblem?(problem: string | null): void;
  /** The values around it: the currency of an amount. */
  readonly values?: JsonObject;
  readonly error?: string | null;
  readonly id?: string;
  /** The id of the sentences that explain it. */
  readonly describedBy?: string;
  /** Where no label stands beside it. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly autoFocus?: boolean;
  /** The currency of an amount that has none yet. */
  readonly defaultCurrency?: string;
}

type Common = Readonly<Record<string, unknown>> & { readonly disabled: boolean };

export function FieldInput(props: FieldInputProps): ReactNode {
  const { field, value, onChange, error, id, describedBy, label, disabled = false, autoFocus = false } = props;
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const common: Common = {
    disabled,
    ...(id === undefined ? {} : { id }),
    ...(autoFocus ? { autoFocus } : {}),
    ...(error ? { status: "error", "aria-invalid": true } : {}),
    ...(label === undefined ? {} : { "aria-label": label }),
    ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
  };
  const text = typeof value === "string" ? value : value === null || value === undefined ? "" : String(value);
  if (field.widget === "money" || field.currencyField !== null) return <Amount {...props} />;
  if (field.widget === "tags") return <TagsInput value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} common={common} />;
  if (field.refersTo !== null) {
    return (
      <ReferencePicker
        collection={field.refersTo}
        value={text === "" ? null : text}
        onChange={(next) => onChange(next)}
        clearable={field.nullable}
        disabled={disabled}
        autoFocus={autoFocus}
        {...(id === undefined ? {} : { id })}
        {...(label === undefined ? {} : { label })}
        {...(describedBy === undefined ? {} : { describedBy })}
        {...(error ? { status: "error" as const } : {})}
      />
    );
  }
  if (field.choices.length > 0) {
    const options = field.choices.map((choice) => ({ value: choice.value, label: say(choice.label, language) }));
    return <Select {...common} className={styles["whole"] ?? ""} allowClear={field.nullable} placeholder={t.choose} value={text === "" ? null : text} options={options} onChange={(next: string | undefined) => onChange(next ?? null)} />;
  }
  if (field.kind === "boolean") return <YesNo field={field} value={value} onChange={onChange} common={common} />;
  if (field.kind === "integer" || field.kind === "decimal") {
    return <NumberInput value={value} whole={field.kind === "integer"} onChange={onChange} {...given(props)} />;
  }
  if (field.kind === "date" || field.kind === "instant") return <MomentInput field={field} value={text} onChange={onChange} common={common} />;
  const take = (event: { target: { value: string } }): void => onChange(event.target.value === "" ? null : event.target.value);
  if (field.widget === "long_text") return <GrowingText {...common} least={2} most={12} value={text} onChange={take} />;
  if (field.widget === "phone") return <PhoneInput value={text} onChange={onChange} common={common} />;
  const type = field.widget === "email" ? "email" : field.name === "website" ? "url" : "text";
  // No `type="email"`: browsers strip and judge what is typed; the server's sentence says what is wrong.
  return <Input {...common} autoComplete="off" inputMode={type} value={text} onChange={take} />;
}

/** A number as people read it, until it is typed into. */
function PhoneInput({ value, onChange, common }: { readonly value: string; readonly onChange: FieldInputProps["onChange"]; readonly common: object }): ReactNode {
  const [typed, setTyped] = useState<string | null>(null);
  const take = (event: { target: { value: string } }): void => {
    setTyped(event.target.value);
    onChange(event.target.value === "" ? null : event.target.value);
  };
  return <Input {...common} autoComplete="off" inputMode="tel" value={typed === value ? typed : phoneText(value)} onChange={take} />;
}

function given(props: FieldInputProps) {
  return {
    disabled: props.disabled ?? false,
    ...(props.id === undefined ? {} : { id: props.id }),
    ...(props.error ? { status: "error" as const } : {}),
    ...(props.label === undefined ? {} : { label: props.label }),
    ...(props.describedBy === undefined ? {} : { describedBy: props.describedBy }),
    ...(props.onProblem === undefined ? {} : { onProblem: props.onProblem }),
  };
}

/** A company's own amount: both in one value, in the currency that its definition says. Others: beside a currency field. */
function Amount(props: FieldInputProps): ReactNode {
  const base = useCompanyBooks().currency;
  const { field, value, values, onChange, defaultCurrency = base } = props;
  const stored = field.currencyField === null ? undefined : values?.[field.currencyField];
  const [chosen, setChosen] = useState(defaultCurrency);
  const currency = typeof stored === "string" && /^[A-Z]{3}$/.test(stored) ? stored : chosen;
  if (field.currencyField === null) return <OwnAmount {...props} />;
  const name = field.currencyField;
  const isPrice = field.kind === "decimal";
  const choose = (next: string): void => {
    setChosen(next);
    if (value === null || value === undefined) return;
    // The number on the screen stays: a hundred yen become a hundred yuan, not one.
    const major = isPrice ? value : fromMinor(value, currency);
    onChange(isPrice || major === null ? value : toMinor(String(major), next), { [name]: next });
  };
  return <MoneyInput {...given(props)} value={value} currency={currency} price={isPrice} onChange={(next) => onChange(next, { [name]: next === null ? null : currency })} onCurrency={choose} />;
}

function OwnAmount(props: FieldInputProps): ReactNode {
  const base = useCompanyBooks().currency;
  const { value, onChange, defaultCurrency = base } = props;
  const currency = isObject(value) && typeof value["currency"] === "string" ? value["currency"] : defaultCurrency;
  const amount = isObject(value) ? value["amountMinor"] : null;
  return <MoneyInput {...given(props)} value={amount} currency={currency} onChange={(next) => onChange(next === null ? null : { amountMinor: next, currency })} />;
}

function YesNo({ field, value, onChange, common }: { readonly field: Field; readonly value: Json | undefined; onChange(value: Json): void; readonly common: Common }): ReactNode {
  const language = useLanguage();
  if (!field.nullable) return <Switch {...common} checked={value === true} onChange={onChange} />;
  const options = [
    { value: "yes", label: say(YES, language) },
    { value: "no", label: say(NO, language) },
  ];
  const shown = value === true ? "yes" : value === false ? "no" : null;
  return <Select {...common} className={styles["whole"] ?? ""} allowClear value={shown} options={options} onChange={(next: string | undefined) => onChange(next === undefined ? null : next === "yes")} />;
}

function MomentInput({ field, value, onChange, common }: { readonly field: Field; readonly value: string; onChange(value: Json): void; readonly common: Common }): ReactNode {
  const phone = useCompact();
  const isDay = field.kind === "date";
  const shown = useMemo(() => (value === "" ? null : dayjs(value)), [value]);
  const take = (typed: string): void => onChange(typed === "" ? null : isDay ? typed : instantOfLocal(typed));
  if (phone) {
    return <Input {...common} type={isDay ? "date" : "datetime-local"} value={isDay ? value : value === "" ? "" : localMinute(value)} onChange={(event) => take(event.target.value)} />;
  }
  return (
    <DatePicker
      {...common}
      className={styles["whole"] ?? ""}
      value={shown}
      // A day that must be given has nothing to clear, and no button for it between two fields.
      allowClear={field.nullable}
      showTime={isDay ? false : { format: "HH:mm" }}
      // Enter takes the day that was typed; it must not send the form around it.
      onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
      format={isDay ? "YYYY-MM-DD" : "YYYY-MM-DD HH:mm"}
      onChange={(next) => take(next === null ? "" : next.format(isDay ? "YYYY-MM-DD" : "YYYY-MM-DDTHH:mm"))}
    />
  );
}

/** The company's tags, those in use and those that the row carries already. */
function TagsInput({ value, onChange, common }: { readonly value: readonly string[]; onChange(value: Json): void; readonly common: Common }): ReactNode {
  const t = useTexts(TEXTS);
  const { data } = useList({ collection: "tags", archived: "all", orderBy: [{ field: "name" }], limit: 1000 });
  const options = (data?.rows ?? [])
    .filter((tag) => tag["archivedAt"] === null || value.includes(tag.id))
    .map((tag) => ({ value: tag.id, label: String(tag["name"]) }));
  return <Select {...common} mode="multiple" onInputKeyDown={tabMovesOn} className={styles["whole"] ?? ""} placeholder={t.choose} value={[...value]} options={options} showSearch={{ optionFilterProp: "label" }} onChange={(next: string[]) => onChange(next)} />;
}
