/** One role: its name, its permissions by module and thing, the fields that it hides. */
import { SearchOutlined } from "@ant-design/icons";
import { App, Checkbox, Drawer, Button, Input } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useRequest } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { DESCRIPTION } from "~/generated/description";
import type { Operations } from "~/generated/operations";
import { Labelled } from "~/ui/ask_dialog";
import { useClearing } from "~/ui/clearing";
import { useCompact } from "~/ui/compact";
import { entityNamed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { say, type Language } from "~/values/words";
import { byModule, type Group, type Named } from "./grouping";
import { roleChanges } from "./role_changes";
import styles from "./roles.module.css";
import { TEXTS } from "./texts";

export interface Draft {
  /** null: a new one. */
  readonly id: string | null;
  readonly version: number | null;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly masks: readonly string[];
}

interface RoleEditorProps {
  readonly draft: Draft;
  readonly permissions: readonly Named[];
  readonly maskable: Operations["MaskableFields"]["result"]["maskableFields"];
  /** How many members hold it; null: not known. */
  readonly holders: number | null;
  readonly readOnly: boolean;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function RoleEditor({ draft, permissions, maskable, holders, readOnly, onClose, onSaved }: RoleEditorProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const phone = useCompact();
  const { message } = App.useApp();
  const request = useRequest();
  const [name, setName] = useState(draft.name);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(draft.permissions));
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set(draft.masks));
  const changes = roleChanges(draft, { name, permissions: chosen, masks: hidden });
  const save = async (): Promise<void> => {
    const given = { name: name.trim(), permissions: [...chosen].sort(), masks: [...hidden].sort() };
    const answer = draft.id === null ? await request.send("CreateRole", { input: given }) : await request.send("EditRole", { input: { ...given, id: draft.id, version: draft.version } });
    if (answer === null) return;
    void message.success(t.saved);
    onSaved();
  };
  const foot = (
    <div className={styles["foot"]}>
      <span>
        {say(changes, language)}
        {draft.id !== null && holders !== null && holders > 0 && ` · ${t.affected(holders)}`}
      </span>
      <Button type="primary" disabled={name.trim() === "" || readOnly} loading={request.busy} onClick={() => void save()}>
        {t.save}
      </Button>
    </div>
  );
  return (
    <Drawer open title={draft.id === null ? t.add : draft.name} size={phone ? "100%" : 720} onClose={onClose} footer={readOnly ? null : foot}>
      <Failure error={request.error} />
      <Labelled label={t.name}>
        <Input value={name} maxLength={80} disabled={readOnly} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Permissions permissions={permissions} chosen={chosen} readOnly={readOnly} onChange={setChosen} />
      <h3 className={styles["module"]}>{t.masks}</h3>
      <p className={styles["small"]}>{t.masksNote}</p>
      <Masks maskable={maskable} hidden={hidden} readOnly={readOnly} onChange={setHidden} />
    </Drawer>
  );
}

interface PermissionsProps {
  readonly permissions: readonly Named[];
  readonly chosen: ReadonlySet<string>;
  readonly readOnly: boolean;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

function Permissions({ permissions, chosen, readOnly, onChange }: PermissionsProps): ReactNode {
  const clearing = useClearing();
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  // In the reader's language here, where the server tells them in the member's.
  const modules = useMemo(() => {
    const named = permissions.map(({ code, name }) => ({ code, name: say(DESCRIPTION.permissions[code] ?? [name, name], language) }));
    return byModule(named, DESCRIPTION, language, t.company);
  }, [permissions, language, t.company]);
  const shown = (group: Group): readonly Named[] => (wanted === "" || group.title.toLowerCase().includes(wanted) ? group.items : group.items.filter((item) => item.name.toLowerCase().includes(wanted)));
  const set = (codes: readonly string[], on: boolean): void => {
    const next = new Set(chosen);
    for (const code of codes) {
      if (on) next.add(code);
      else next.delete(code);
    }
    onChange(next);
  };
  return (
    <>
      <Input type="search" prefix={<SearchOutlined aria-hidden />} allowClear={clearing} className={styles["find"] ?? ""} placeholder={t.find} aria-label={t.find} value={text} onChange={(event) => setText(event.target.value)} />
      {modules.map((module) => {
        const groups = module.groups.filter((group) => shown(group).length > 0);
        if (groups.length === 0) return null;
        return (
          <section key={module.key} aria-label={module.title}>
            <h3 className={styles["module"]}>{module.title}</h3>
            {groups.map((group) => (
              <Boxes key={group.key} title={group.title} items={shown(group)} chosen={chosen} readOnly={readOnly} onSet={set} />
            ))}
          </section>
        );
      })}
    </>
  );
}

interface BoxesProps {
  readonly title: string;
  readonly items: readonly Named[];
  readonly chosen: ReadonlySet<string>;
  readonly readOnly: boolean;
  readonly onSet: (codes: readonly string[], on: boolean) => void;
}

/** In English "export: activity": the group says of what. */
function inGroup(name: string, language: Language): string {
  const [does = name, ...what] = language === "en" ? name.split(": ") : [name];
  return what.length === 0 ? name : does.charAt(0).toUpperCase() + does.slice(1);
}

function Boxes({ title, items, chosen, readOnly, onSet }: BoxesProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const held = items.filter((item) => chosen.has(item.code)).length;
  const codes = items.map((item) => item.code);
  return (
    <fieldset className={styles["group"]} disabled={readOnly}>
      <legend>
        <Checkbox checked={held === items.length} indeterminate={held > 0 && held < items.length} disabled={readOnly} onChange={(event) => onSet(codes, event.target.checked)} aria-label={`${title}: ${t.all}`}>
          {title}
        </Checkbox>
      </legend>
      <div className={styles["boxes"]}>
        {items.map((item) => (
          <Checkbox key={item.code} checked={chosen.has(item.code)} disabled={readOnly} onChange={(event) => onSet([item.code], event.target.checked)}>
            {inGroup(item.name, language)}
          </Checkbox>
        ))}
      </div>
    </fieldset>
  );
}

type Maskable = RoleEditorProps["maskable"][number];

function entityWords(field: Maskable, language: Language): string {
  const entity = entityNamed(field.entity);
  return entity === null ? field.entityLabel : say(entity.label, language);
}

function fieldWords(field: Maskable, language: Language): string {
  const found = entityNamed(field.entity)?.fields.find((one) => one.name === field.field);
  return found === undefined ? field.label : say(found.label, language);
}

interface MasksProps {
  readonly maskable: RoleEditorProps["maskable"];
  readonly hidden: ReadonlySet<string>;
  readonly readOnly: boolean;
  readonly onChange: (hidden: ReadonlySet<string>) => void;
}

function Masks({ maskable, hidden, readOnly, onChange }: MasksProps): ReactNode {
  const language = useLanguage();
  const entities = [...new Map(maskable.map((field) => [field.entity, entityWords(field, language)]))];
  const set = (codes: readonly string[], on: boolean): void => {
    const next = new Set(hidden);
    for (const code of codes) {
      if (on) next.add(code);
      else next.delete(code);
    }
    onChange(next);
  };
  return entities.map(([entity, label]) => (
    <Boxes key={entity} title={label} items={maskable.filter((field) => field.entity === entity).map((field) => ({ code: field.code, name: fieldWords(field, language) }))} chosen={hidden} readOnly={readOnly} onSet={set} />
  ));
}
