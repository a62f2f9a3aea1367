/** The form of an entry's command with what was sent, to be put right and submitted again. */
import { Button, Collapse, Modal } from "antd";
import { useId, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { DESCRIPTION } from "~/generated/description";
import { Failure } from "~/ui/failure";
import { wrongWith } from "~/ui/field_checks";
import { FieldInput } from "~/ui/field_input";
import type { Command } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { say } from "~/values/words";
import { firstValues, resubmit, type Call } from "~/data/inbox/decision";
import { list, object, type Entry } from "~/data/inbox/entry";
import { formFields, itemParts } from "./form_fields";
import styles from "./inbox.module.css";
import { plain, type Naming } from "./naming";
import type { Decider } from "~/data/inbox/offers";
import { TEXTS } from "./texts";

interface ResubmitFormProps {
  readonly entry: Entry;
  readonly command: Command;
  readonly naming: Naming;
  readonly decider: Decider;
  readonly error: Error | null;
  readonly busy: boolean;
  readonly onSubmit: (call: Call) => void;
  readonly onClose: () => void;
}

type Values = Readonly<Record<string, Json>>;

export function ResubmitForm({ entry, command, naming, decider, error, busy, onSubmit, onClose }: ResubmitFormProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const formId = useId();
  const [values, setValues] = useState<Values>(() => firstValues(entry));
  const [problem, setProblem] = useState<string | null>(null);
  const fields = formFields(entry, command);
  const set = (changed: JsonObject): void => setValues((before) => ({ ...before, ...changed }));
  const submit = (): void => {
    const missing = [...fields.required].find((name) => isEmpty(values[name]));
    if (missing !== undefined) return setProblem(t.required(say(naming.field(missing).label, language)));
    if (Object.entries(values).some(([path, value]) => wrongWith(naming.field(path), value, language) !== null)) return setProblem(t.wrong);
    const call = resubmit(entry, values, decider);
    if (call === null) return setProblem(t.fillSomething);
    setProblem(null);
    onSubmit(call);
  };
  const asked = { command, naming, values, set, wrong: entry.field, message: say(entry.message, language) };
  return (
    <Modal
      open
      width={720}
      title={t.form}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        <Button type="primary" loading={busy} htmlType="submit" form={formId}>
          {t.resubmit}
        </Button>
      }
    >
      <form
        id={formId}
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className={styles["soft"]}>{t.formHint}</p>
        {fields.shown.map((path) => (
          <Asked key={path} path={path} {...asked} />
        ))}
        {fields.more.length > 0 && (
          <Collapse
            ghost
            size="small"
            items={[{ key: "more", label: t.moreFields, children: <div className={styles["form"]}>{fields.more.map((path) => <Asked key={path} path={path} {...asked} />)}</div> }]}
          />
        )}
        {problem !== null && (
          <p role="alert" className={styles["problem"]}>
            {problem}
          </p>
        )}
        <Failure error={error} />
      </form>
    </Modal>
  );
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

interface AskedProps {
  readonly path: string;
  readonly command: Command;
  readonly naming: Naming;
  readonly values: Values;
  readonly set: (changed: JsonObject) => void;
  readonly wrong: string | null;
  readonly message: string;
}

function Asked({ path, command, naming, values, set, wrong, message }: AskedProps): ReactNode {
  const language = useLanguage();
  const id = useId();
  const field = naming.field(path);
  const label = say(field.label, language);
  const parts = itemParts(command.arguments.find((argument) => argument.name === path));
  if (parts !== null) return <Lines label={label} parts={parts} lines={list(values[path]).map(object)} onChange={(lines) => set({ [path]: lines })} />;
  const typed = wrongWith(field, values[path], language);
  const isWrong = typed !== null || wrong === path;
  return (
    <div className={styles["asked"]}>
      <label htmlFor={id}>{label}</label>
      <FieldInput
        id={id}
        field={field}
        value={values[path]}
        values={values}
        onChange={(value, also) => set({ [path]: value, ...also })}
        {...(isWrong ? { error: typed ?? message, describedBy: `${id}-wrong` } : {})}
      />
      {isWrong && (
        <small id={`${id}-wrong`} className={styles["problem"]}>
          {typed ?? message}
        </small>
      )}
    </div>
  );
}

interface LinesProps {
  readonly label: string;
  readonly parts: readonly string[];
  readonly lines: readonly JsonObject[];
  readonly onChange: (lines: readonly JsonObject[]) => void;
}

function Lines({ label, parts, lines, onChange }: LinesProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const put = (at: number, changed: JsonObject): void => onChange(lines.map((line, place) => (place === at ? { ...line, ...changed } : line)));
  return (
    <fieldset className={styles["lines"]}>
      <legend>{label}</legend>
      {lines.map((line, at) => (
        <div key={String(line["id"] ?? at)} className={styles["line"]}>
          {parts.map((name) => (
            <FieldInput
              key={name}
              field={plain(name)}
              label={`${t.lineNo(at + 1)} ${say(plain(name).label, language)}`}
              value={line[name]}
              values={line}
              onChange={(value) => put(at, { [name]: value })}
            />
          ))}
          <Button type="text" danger aria-label={t.removeLine(at + 1)} title={t.removeLine(at + 1)} onClick={() => onChange(lines.filter((_, place) => place !== at))}>
            ×
          </Button>
        </div>
      ))}
    </fieldset>
  );
}

export function commandOf(entry: Entry): Command | null {
  return DESCRIPTION.commands[entry.command] ?? null;
}
