/** The company's settings as the server tells them: label, kind, limits, default. A setting that a later release brings shows by itself. */
import { App, Button, Input, InputNumber, Switch } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useAnswer, useRequest } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { Failure } from "~/ui/failure";
import { Panel } from "~/ui/panel";
import type { Json, JsonObject } from "~/values/json";
import styles from "./company.module.css";
import { TEXTS } from "./texts";

type Setting = Operations["Settings"]["result"]["settings"][number];

export function Settings(): ReactNode {
  const t = useTexts(TEXTS);
  const answer = useAnswer("Settings", {});
  return (
    <Panel title={t.rules} note={t.rulesNote}>
      <Answered answer={answer}>
        {({ settings }) => (
          <div className={styles["settings"]}>
            {settings.map((setting) => (
              <OneSetting key={`${setting.name} ${JSON.stringify(setting.value)}`} setting={setting} onSaved={() => void answer.reload()} />
            ))}
          </div>
        )}
      </Answered>
    </Panel>
  );
}

function OneSetting({ setting, onSaved }: { readonly setting: Setting; readonly onSaved: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay()("tenants.setting.manage");
  const { message } = App.useApp();
  const request = useRequest();
  const kept = (setting.value ?? setting.default) as Json;
  const [value, setValue] = useState<Json>(kept);
  const changed = JSON.stringify(value) !== JSON.stringify(kept);
  const differs = JSON.stringify(kept) !== JSON.stringify(setting.default);
  const save = async (next: Json): Promise<void> => {
    if ((await request.send("SetSetting", { input: { name: setting.name, value: next } })) === null) return;
    void message.success(t.saved);
    onSaved();
  };
  return (
    <section className={styles["setting"]} aria-label={setting.label}>
      <div>
        <h3>{setting.label}</h3>
        {!isSaidByParts(setting.default as Json) && (
          <small>
            {t.accepts(labelled(setting.accepts, setting.default as Json, t))}
            {!isParts(setting.default as Json) && ` · ${t.byDefault(words(setting.default as Json, t))}`}
          </small>
        )}
      </div>
      <div className={styles["editor"]}>
        <Editor label={setting.label} value={value} like={setting.default as Json} disabled={!may || request.busy} onChange={setValue} />
        {changed && (
          <Button type="primary" size="small" loading={request.busy} onClick={() => void save(value)}>
            {t.save}
          </Button>
        )}
        {!changed && differs && may && (
          <Button type="text" size="small" loading={request.busy} onClick={() => void save(setting.default as Json)}>
            {t.reset}
          </Button>
        )}
        <Failure error={request.error} />
      </div>
    </section>
  );
}

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

const PARTS = ["minLength", "requireClasses", "history", "maxAgeDays"] as const;

/** Parts of settings that are objects, by their names. */
function partLabel(name: string, t: Said): string {
  const known = PARTS.find((part) => part === name);
  return known === undefined ? name : t[known];
}

/** Whether the labels of the parts say already what they take. */
function isSaidByParts(like: Json): boolean {
  return isParts(like) && Object.keys(like).every((name) => PARTS.some((part) => part === name));
}

/** What the server accepts, with the parts by their labels. */
function labelled(accepts: string, like: Json, t: Said): string {
  return isParts(like) ? Object.keys(like).reduce((text, name) => text.replace(name, partLabel(name, t).replace(/[（(].*[）)]/, "")), accepts) : accepts;
}

function words(value: Json, t: Said): string {
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (isParts(value)) return Object.entries(value).map(([name, part]) => `${partLabel(name, t)} ${part === null ? "–" : words(part, t)}`).join("；");
  return String(value ?? "–");
}

function isParts(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface EditorProps {
  readonly label: string;
  readonly value: Json;
  /** What kind of value it is, as the default shows. */
  readonly like: Json;
  readonly disabled: boolean;
  readonly onChange: (value: Json) => void;
}

function Editor({ label, value, like, disabled, onChange }: EditorProps): ReactNode {
  const t = useTexts(TEXTS);
  if (typeof like === "boolean") return <Switch aria-label={label} checked={value === true} disabled={disabled} onChange={onChange} />;
  if (isParts(like)) {
    const parts = isParts(value) ? value : {};
    return (
      <div className={styles["parts"]}>
        {Object.entries(like).map(([name, part]) => (
          <label key={name}>
            <span>{partLabel(name, t)}</span>
            <Editor label={partLabel(name, t)} value={parts[name] ?? null} like={part ?? 0} disabled={disabled} onChange={(next) => onChange({ ...parts, [name]: next })} />
          </label>
        ))}
      </div>
    );
  }
  if (typeof like === "number") return <InputNumber aria-label={label} precision={0} value={typeof value === "number" ? value : null} disabled={disabled} onChange={(next) => onChange(next)} />;
  return <Input aria-label={label} value={typeof value === "string" ? value : ""} disabled={disabled} onChange={(event) => onChange(event.target.value)} />;
}
