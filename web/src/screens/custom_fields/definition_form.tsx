/** Defines a field, or changes what may still be changed of one. */
import { Button, Drawer, Input, Select, Switch } from "antd";
import { useId, useMemo, useState, type ReactNode } from "react";
import { useRequest } from "~/data/asking";
import { useCompanyBooks } from "~/data/company";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { Refused, type Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { useCompact } from "~/ui/compact";
import { Failure } from "~/ui/failure";
import type { Entity } from "~/values/description";
import { USUAL_CURRENCIES } from "~/values/money";
import { say, type Texts, type Words } from "~/values/words";
import { ChoicesEditor } from "./choices_editor";
import styles from "./custom_fields.module.css";
import { BLANK, defining, definitionOf, editing, problemOf, suggestedKey, type Definition, type Kind, type Problem } from "./definition";

const TEXTS = {
  define: (entity: string) => [`给“${entity}”添加字段`, `Add a field to ${entity}`],
  edit: (label: string) => [`修改“${label}”`, `Change ${label}`],
  labelZh: ["名称（中文）", "Chinese label"],
  labelEn: ["名称（英文）", "English label"],
  kind: ["类型", "Kind"],
  kindHint: ["保存后不能再改", "Cannot be changed later"],
  key: ["标识", "Key"],
  keyHint: ["接口和导出用，小写字母开头，只含小写字母、数字和下划线，保存后不能再改", "For interfaces and exports: small letters, digits and underscores. Cannot be changed later"],
  required: ["必填", "Required"],
  filterable: ["可筛选、可分组", "Can be filtered and grouped by"],
  choices: ["选项", "Choices"],
  currency: ["币种", "Currency"],
  target: ["引用哪类数据", "Refers to"],
  save: ["保存", "Save"],
  cancel: ["取消", "Cancel"],
  problems_labelZh: ["请填写中文名称", "A Chinese label is needed"],
  problems_key: ["标识须以小写字母开头，只含小写字母、数字和下划线，最多 40 个字符", "A key begins with a small letter and has at most 40 small letters, digits and underscores"],
  problems_keyTaken: ["这个标识已被使用（包括已归档的字段）", "This key is taken, perhaps by an archived field"],
  problems_choices: ["请至少填写一个选项，名称不能为空或重复", "Give at least one choice; labels may be neither empty nor the same"],
  problems_target: ["请选择引用哪类数据", "Choose what it refers to"],
} satisfies Texts;

export const KINDS: Readonly<Record<Kind, { readonly words: Words; readonly hint: Words }>> = {
  text: { words: ["文本", "Text"], hint: ["最多 2000 字", "Up to 2,000 characters"] },
  number: { words: ["数字", "Number"], hint: ["精确小数", "Exact decimals"] },
  money: { words: ["金额", "Money"], hint: ["固定一个币种", "In one currency"] },
  date: { words: ["日期", "Date"], hint: ["年月日", "A day"] },
  yes_no: { words: ["是/否", "Yes/no"], hint: ["是或否", "Yes or no"] },
  choice: { words: ["单选", "Choice"], hint: ["从选项中选一个", "One of several"] },
  reference: { words: ["引用", "Reference"], hint: ["指向另一条记录", "Another record"] },
};

interface DefinitionFormProps {
  readonly entity: Entity;
  /** null: a new one. */
  readonly row: Row | null;
  onClose(): void;
}

export function DefinitionForm({ entity, row, onClose }: DefinitionFormProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const phone = useCompact();
  const device = useDevice();
  const request = useRequest();
  const { customFields } = useDefinitions();
  const taken = useMemo(() => new Set(customFields.filter((one) => one["entity"] === entity.name && one.id !== row?.id).map((one) => String(one["key"]))), [customFields, entity, row]);
  const { currency } = useCompanyBooks();
  const [given, setGiven] = useState<Definition>(() => (row === null ? { ...BLANK, currency } : definitionOf(row)));
  const [ownKey, setOwnKey] = useState(row !== null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const definition = ownKey ? given : { ...given, key: suggestedKey(given.labelEn, taken) };
  const set = (part: Partial<Definition>): void => {
    setGiven((before) => ({ ...before, ...part }));
    setProblem(null);
  };
  const send = (): Promise<object | null> => {
    if (row === null) return request.send("DefineCustomField", { input: defining(entity.name, definition) });
    const input = editing(row, definition);
    return input === null ? Promise.resolve(row) : request.send("EditCustomField", { input });
  };
  const save = async (): Promise<void> => {
    const found = problemOf(definition, taken);
    setProblem(found);
    if (found !== null) return;
    if ((await send()) === null) return;
    await device.sync();
    onClose();
  };
  const refusedField = request.error instanceof Refused ? request.error.field : null;
  const wrong = (name: string, ...problems: Problem[]): string | null => (problem !== null && problems.includes(problem) ? t[`problems_${problem}`] : refusedField === name && request.error !== null ? request.error.message : null);
  return (
    <Drawer
      open
      title={row === null ? t.define(say(entity.label, language)) : t.edit(definition.labelZh)}
      size={phone ? "100%" : 520}
      onClose={onClose}
      footer={
        <div className={styles["foot"]}>
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="primary" loading={request.busy} onClick={() => void save()}>
            {t.save}
          </Button>
        </div>
      }
    >
      <div className={styles["form"]}>
        {refusedField === null && <Failure error={request.error} />}
        <Line label={t.labelZh} problem={wrong("labelZh", "labelZh")}>
          {(id) => <Input id={id} autoFocus value={definition.labelZh} maxLength={60} onChange={(event) => set({ labelZh: event.target.value })} />}
        </Line>
        <Line label={t.labelEn} problem={wrong("labelEn")}>
          {(id) => <Input id={id} value={definition.labelEn} maxLength={60} onChange={(event) => set({ labelEn: event.target.value })} />}
        </Line>
        <Line label={t.kind} hint={t.kindHint} problem={wrong("kind")}>
          {(id) => <Select id={id} disabled={row !== null} value={definition.kind} onChange={(kind) => set({ kind })} options={(Object.keys(KINDS) as Kind[]).map((kind) => ({ value: kind, label: `${say(KINDS[kind].words, language)} · ${say(KINDS[kind].hint, language)}` }))} />}
        </Line>
        {definition.kind === "choice" && (
          <Line label={t.choices} problem={wrong("choices", "choices")}>
            {() => <ChoicesEditor choices={definition.choices} onChange={(choices) => set({ choices })} />}
          </Line>
        )}
        {definition.kind === "money" && (
          <Line label={t.currency} problem={wrong("currency")}>
            {(id) => <Select id={id} disabled={row !== null} showSearch value={definition.currency} options={USUAL_CURRENCIES.map((code) => ({ value: code, label: code }))} onChange={(currency) => set({ currency })} />}
          </Line>
        )}
        {definition.kind === "reference" && (
          <Line label={t.target} problem={wrong("target", "target")}>
            {(id) => <Select id={id} disabled={row !== null} value={definition.target || null} options={targets().map((one) => ({ value: one.name, label: say(one.label, language) }))} onChange={(target) => set({ target: target ?? "" })} />}
          </Line>
        )}
        <Line label={t.key} hint={t.keyHint} problem={wrong("key", "key", "keyTaken")}>
          {(id) => (
            <Input
              id={id}
              disabled={row !== null}
              value={definition.key}
              onChange={(event) => {
                setOwnKey(true);
                set({ key: event.target.value });
              }}
            />
          )}
        </Line>
        <Line label={t.required} inline>
          {(id) => <Switch id={id} checked={definition.required} onChange={(required) => set({ required })} />}
        </Line>
        <Line label={t.filterable} inline {...(row === null ? {} : { hint: t.kindHint })}>
          {(id) => <Switch id={id} disabled={row !== null} checked={definition.filterable} onChange={(filterable) => set({ filterable })} />}
        </Line>
      </div>
    </Drawer>
  );
}

/** What a reference can name: rows that a device has and that are called something. */
function targets(): readonly Entity[] {
  return Object.values(DESCRIPTION.entities).filter((entity) => entity.synced && entity.calledBy.length > 0 && entity.name !== "tenants.Attachment" && entity.name !== "tenants.InboxEntry");
}

interface LineProps {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly inline?: boolean;
  children(id: string): ReactNode;
}

function Line({ label, hint, problem = null, inline = false, children }: LineProps): ReactNode {
  const id = useId();
  return (
    <div className={inline ? styles["inline"] : styles["line"]}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {problem !== null ? (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      ) : (
        hint !== undefined && <p className={styles["hint"]}>{hint}</p>
      )}
    </div>
  );
}
