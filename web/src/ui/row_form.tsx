/** Makes or changes a row: the form of an entity, from its description and the company's own fields. */
import { Alert, Button } from "antd";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useRunCommand } from "~/data/run_command";
import { Refused, type Row } from "~/device/api";
import type { Command } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { say, type Texts } from "~/values/words";
import { isCustom, useDescribed, type Described } from "./described";
import { Failure } from "./failure";
import { FieldInput } from "./field_input";
import { wrongWith } from "./field_checks";
import { argumentsOf, changedNames, fieldOfRefusal, formFields, startValues, type FormField, type Values } from "./form_changes";
import styles from "./row_form.module.css";
import { useFormDraft } from "./use_form_draft";

const TEXTS = {
  save: ["保存", "Save"],
  saveAndNew: ["保存并继续新建", "Save and add another"],
  cancel: ["取消", "Cancel"],
  restored: ["已恢复上次没有保存的内容。", "What you had typed and not saved is back."],
  forget: ["放弃草稿", "Discard it"],
  own: ["自定义字段", "Custom fields"],
  more: ["备注", "Notes"],
  needed: ["必填", "required"],
} satisfies Texts;

export interface RowFormProps {
  readonly collection: string;
  /** null: a new one. */
  readonly row: Row | null;
  /** What a new one begins with. */
  readonly given?: Values;
  /** Only these fields, in this order. */
  readonly only?: readonly string[];
  /** `again`: whoever saved wants to make another. The row is on this device by now. */
  onSaved(id: string, again: boolean): void;
  onCancel?(): void;
  /** Shown where the member may not do it. */
  readonly otherwise?: ReactNode;
}

/** Keeps what is typed as a draft on the device until it is saved. */
export function RowForm(props: RowFormProps): ReactNode {
  const described = useDescribed(props.collection);
  const command = described?.command(props.row === null ? "create" : "edit") ?? null;
  if (described === null || command === null) return props.otherwise ?? null;
  return <Form key={`${command.name} ${props.row?.id}`} {...props} described={described} command={command} />;
}

type FormProps = RowFormProps & { readonly described: Described; readonly command: Command };

function Form({ described, command, ...props }: FormProps): ReactNode {
  const { row, onSaved, onCancel } = props;
  const t = useTexts(TEXTS);
  const form = useForm(described, command, props);
  const submit = async (again: boolean): Promise<void> => {
    const id = await form.save();
    if (id !== null) onSaved(id, again);
  };
  const keys = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || (event.key !== "Enter" && event.key !== "s")) return;
    event.preventDefault();
    void submit(false);
  };
  return (
    <form
      className={styles["form"]}
      onKeyDown={keys}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(false);
      }}
    >
      {form.restored && (
        <Alert
          type="info"
          showIcon
          title={t.restored}
          action={
            <Button size="small" onClick={form.forget}>
              {t.forget}
            </Button>
          }
        />
      )}
      <Failure error={form.failure} />
      {SECTIONS.map((section) => (
        <Section key={section} section={section} form={form} title={section === "own" ? t.own : section === "more" ? t.more : null} described={described} />
      ))}
      <div className={styles["bar"]}>
        <Button type="primary" htmlType="submit" loading={form.saving}>
          {t.save}
        </Button>
        {row === null && (
          <Button disabled={form.saving} onClick={() => void submit(true)}>
            {t.saveAndNew}
          </Button>
        )}
        {onCancel !== undefined && <Button onClick={onCancel}>{t.cancel}</Button>}
      </div>
    </form>
  );
}

const SECTIONS = ["main", "own", "more"] as const;

function sectionOf({ field }: FormField): (typeof SECTIONS)[number] {
  if (isCustom(field)) return "own";
  return field.widget === "long_text" ? "more" : "main";
}

interface SectionProps {
  readonly section: (typeof SECTIONS)[number];
  readonly title: string | null;
  readonly form: FormState;
  readonly described: Described;
}

function Section({ section, title, form, described }: SectionProps): ReactNode {
  const fields = form.fields.filter((one) => sectionOf(one) === section);
  const language = useLanguage();
  const [only] = fields;
  if (only === undefined) return null;
  // A single field that is called like its section says it once.
  const isSaid = fields.length === 1 && say(only.field.label, language) === title;
  return (
    <fieldset className={styles["section"]}>
      {title !== null && !isSaid && <legend className={styles["legend"]}>{title}</legend>}
      <div className={styles["grid"]}>
        {fields.map((one) => (
          <Line key={one.field.name} of={one} form={form} first={one === form.fields[0]} currency={described.definitions.get(one.field.name)?.["currency"]} />
        ))}
      </div>
    </fieldset>
  );
}

function Line({ of, form, first, currency }: { readonly of: FormField; readonly form: FormState; readonly first: boolean; readonly currency: Json | undefined }): ReactNode {
  const id = useId();
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const { field, required } = of;
  const error = form.errors[field.name] ?? null;
  return (
    <div onBlur={() => form.left(of)} className={field.widget === "long_text" ? styles["wide"] : styles["line"]}>
      <label htmlFor={id} className={styles["label"]}>
        {say(field.label, language)}
        {required && (
          <span className={styles["required"]} aria-label={t.needed} title={t.needed}>
            *
          </span>
        )}
      </label>
      <FieldInput
        id={id}
        field={field}
        value={form.values[field.name]}
        values={form.values}
        error={error}
        describedBy={`${id}-error`}
        autoFocus={first}
        {...(typeof currency === "string" ? { defaultCurrency: currency } : {})}
        onChange={(value, also) => form.set({ ...also, [field.name]: value }, field.name)}
        onProblem={(problem) => form.problem(field.name, problem)}
      />
      <div id={`${id}-error`} role={error === null ? undefined : "alert"} className={styles["error"]}>
        {error}
      </div>
    </div>
  );
}

interface FormState {
  readonly fields: readonly FormField[];
  readonly values: Values;
  readonly errors: Readonly<Record<string, string>>;
  /** Of a refusal that names no field of the form. */
  readonly failure: Error | null;
  readonly saving: boolean;
  readonly restored: boolean;
  set(values: JsonObject, touched: string): void;
  problem(name: string, problem: string | null): void;
  /** The cursor has left the field: what stands there is judged. An empty one may still be filled in. */
  left(of: FormField): void;
  forget(): void;
  /** The row's id; null: not saved, and why is on the screen. */
  save(): Promise<string | null>;
}

function useForm(described: Described, command: Command, { collection, row, given, only }: RowFormProps): FormState {
  const run = useRunCommand();
  const language = useLanguage();
  const fields = useMemo(() => chosen(formFields(described, command), only), [described, command, only]);
  // What the row was when it was opened: another's edit that arrives meanwhile is merged, not overwritten.
  const [opened] = useState(row);
  const start = useMemo(() => startValues(fields, opened, given), [fields, opened, given]);
  const [typed, setTyped] = useState<Values>({});
  const values = useMemo(() => ({ ...start, ...typed }), [start, typed]);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const problems = useRef(new Map<string, string>());
  const [failure, setFailure] = useState<Error | null>(null);
  const [saving, setSaving] = useState(false);
  const draft = useFormDraft(`form ${collection} ${row?.id ?? "new"}`, start, typed, setTyped);
  // One key per filled form: pressed twice, or after a lost answer, it is saved once.
  const key = useRef(crypto.randomUUID());
  useEffect(() => {
    key.current = crypto.randomUUID();
  }, [typed]);

  const complain = (found: Readonly<Record<string, string>>): null => {
    setErrors(found);
    const first = fields.find(({ field }) => field.name in found);
    if (first !== undefined) requestAnimationFrame(() => document.querySelector<HTMLElement>(`.${styles["form"]} [aria-invalid="true"], .${styles["form"]} .ant-select-status-error input`)?.focus());
    return null;
  };
  /** What stays as it was is right, as the server has it: only what was typed is judged. */
  const judged = ({ field, required }: FormField): string | null => {
    const same = opened !== null && !changedNames(start, values).includes(field.name);
    return same && !required ? null : wrongWith(same ? { ...field, checks: [] } : field, values[field.name], language, required);
  };
  const check = (): Readonly<Record<string, string>> => {
    const wrong = fields.flatMap((one) => {
      const sentence = judged(one);
      return sentence === null ? [] : [[one.field.name, sentence]];
    });
    return { ...Object.fromEntries(wrong), ...Object.fromEntries(problems.current) };
  };
  const save = async (): Promise<string | null> => {
    const wrong = check();
    if (Object.keys(wrong).length > 0) return complain(wrong);
    const args = argumentsOf(command, opened, start, values);
    if (args === null) return row?.id ?? null;
    setSaving(true);
    setFailure(null);
    try {
      const id = await run(command, args, key.current);
      await draft.drop();
      setTyped({});
      return id ?? row?.id ?? null;
    } catch (error) {
      const field = error instanceof Refused ? fieldOfRefusal(fields, error.field) : null;
      if (field !== null && error instanceof Refused) return complain({ [field]: [error.message, error.remedy].filter(Boolean).join(" ") });
      setFailure(error as Error);
      return null;
    } finally {
      setSaving(false);
    }
  };
  return {
    fields,
    values,
    errors,
    failure,
    saving,
    restored: draft.restored && changedNames(start, values).length > 0,
    set: (changed, touched) => {
      setTyped((before) => ({ ...before, ...changed }));
      setErrors((before) => Object.fromEntries(Object.entries(before).filter(([name]) => name !== touched)));
    },
    problem: (name, problem) => (problem === null ? problems.current.delete(name) : problems.current.set(name, problem)),
    left: (one) => {
      const sentence = problems.current.get(one.field.name) ?? judged({ ...one, required: false });
      if (sentence !== null) setErrors((before) => ({ ...before, [one.field.name]: sentence }));
    },
    forget: () => {
      setTyped({});
      setErrors({});
      void draft.drop();
    },
    save,
  };
}

function chosen(fields: readonly FormField[], only: readonly string[] | undefined): readonly FormField[] {
  if (only === undefined) return fields;
  return only.flatMap((name) => fields.find(({ field }) => field.name === name) ?? []);
}
