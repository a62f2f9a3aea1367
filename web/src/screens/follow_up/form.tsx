/** What is written down of a contact with a customer. Everything but customer, channel and topic may be left out. */
import { Alert, Button, Input } from "antd";
import { useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { GrowingText } from "~/ui/growing_text";
import { useLocation } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { useReferred } from "~/data/references";
import type { Kept } from "~/data/use_kept";
import { useDescribed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { fieldLabel } from "~/ui/labels";
import type { Json, JsonObject } from "~/values/json";
import { say } from "~/values/words";
import { uuid7 } from "~/values/uuid7";
import { Chips } from "./chips";
import { Enclosures } from "./enclosures";
import css from "./follow_up.module.css";
import type { Enclosure } from "./media";
import { NextStep } from "./next_step";
import { degrees, type Position } from "./position";
import { useAlwaysLocated } from "./always_located";
import { PositionChip } from "./position_chip";
import { FOLLOW_UP_TEXTS } from "./texts";

export interface Written {
  readonly id: string;
  readonly channel: string;
  readonly topic: string;
  readonly content: string;
  readonly contactId: string | null;
  readonly nextStep: string;
  readonly nextStepAt: string | null;
  readonly position: Position | null;
  readonly enclosures: readonly Enclosure[];
  /** RFC 3339; null: not saved yet. */
  readonly happenedAt: string | null;
}

interface FormProps {
  readonly customerId: string;
  readonly kept: Kept;
  readonly draft: JsonObject | null;
  /** Known already, where the browser may be asked; it goes along only where the member has switched that on. */
  readonly nearPosition: Position | null;
  readonly another: () => void;
}

export function FollowUpForm({ customerId, kept, draft, nearPosition, another }: FormProps): ReactElement {
  const device = useDevice();
  const t = useTexts(FOLLOW_UP_TEXTS);
  const language = useLanguage();
  const [, navigate] = useLocation();
  const customer = useReferred("customers", customerId);
  const described = useDescribed("activities");
  const mine = useList({ collection: "activities", where: [{ field: "ownerId", op: "eq", value: device.me.memberId }], orderBy: [{ field: "happenedAt", desc: true }], limit: 40 });
  const contacts = useList({ collection: "contacts", where: [{ field: "customerId", op: "eq", value: customerId }], limit: 8 });
  const usual = [t.t1, t.t2, t.t3, t.t4, t.t5, t.t6];
  const [typed, setTyped] = useState<Partial<Written>>(() => (draft?.["written"] as Partial<Written> | undefined) ?? {});
  const id = useRef(typed.id ?? uuid7());
  const [restored] = useState(draft !== null);
  const [problem, setProblem] = useState<string | Error | null>(null);
  const [saving, setSaving] = useState(false);
  const change = (part: Partial<Written>) => setTyped((before) => ({ ...before, ...part }));
  const always = useAlwaysLocated();
  const last = mine.data?.rows[0];
  const topics = useMemo(() => [...new Set([...(mine.data?.rows ?? []).map((row) => String(row["topic"])).slice(0, 3), ...usual])].slice(0, 8), [mine.data, t]);
  const written: Written = {
    id: id.current,
    channel: String(last?.["channel"] ?? "visit"),
    topic: usual[0] ?? "",
    content: "",
    contactId: null,
    nextStep: "",
    nextStepAt: null,
    position: always.on ? nearPosition : null,
    enclosures: [],
    happenedAt: null,
    ...typed,
  };
  const { channel } = written;
  useEffect(() => {
    // Files are kept with the rest: the device's database holds them as they are.
    if (Object.keys(typed).length > 0) kept.keep({ customerId, written: { ...typed, id: id.current } as unknown as Json });
  }, [kept, customerId, typed]);
  const mayLocate = described?.field("latitude") != null;
  const save = async () => {
    if (written.topic.trim() === "") return setProblem(t.topicMissing);
    if (customer === null) return setProblem(t.wrongCustomer);
    setSaving(true);
    // Whoever has to save again says the same again: at the same time, from the same place.
    const said = { ...written, happenedAt: written.happenedAt ?? new Date().toISOString().replace("Z", "000Z") };
    change(said);
    kept.keep({ customerId, written: said as unknown as Json });
    try {
      await kept.flush();
      await device.mutate("crm.log_activity", activityArguments(customerId, said, mayLocate), `follow-up ${id.current}`);
      for (const { file, fileName, kind } of said.enclosures) {
        await device.attach({ entity: "crm.Activity", rowId: id.current, file, fileName, ...(kind === "photo" ? { stripMetadata: true } : {}) }, `follow-up ${id.current} ${fileName} ${file.size}`);
      }
      await kept.drop();
      navigate(`/customers/${customerId}`, { replace: true });
    } catch (failed) {
      setSaving(false);
      setProblem(failed instanceof Error ? failed : new Error(String(failed)));
    }
    return undefined;
  };
  const channels = (described?.field("channel")?.choices ?? []).map((choice) => ({ value: choice.value, label: say(choice.label, language) }));
  return (
    <form
      className={css["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <header className={css["about"]}>
        <strong>{String(customer?.["name"] ?? "…")}</strong>
        <Button type="link" onClick={another}>
          {t.change}
        </Button>
      </header>
      {restored ? <Alert type="info" showIcon closable title={t.restored} /> : null}
      {typeof problem === "string" ? <Alert type="warning" showIcon title={problem} /> : <Failure error={problem} />}
      <Chips label={fieldLabel("activities", "channel", language)} options={channels} value={channel} onChange={(value) => change({ channel: value })} />
      <div>
        <Chips label={fieldLabel("activities", "topic", language)} options={topics.map((topic) => ({ value: topic, label: topic }))} value={written.topic} onChange={(topic) => change({ topic })} />
        <Input className={css["below"] ?? ""} size="large" value={written.topic} aria-label={fieldLabel("activities", "topic", language)} onChange={(event) => change({ topic: event.target.value })} />
      </div>
      <GrowingText size="large" least={2} most={10} value={written.content} placeholder={t.note} aria-label={fieldLabel("activities", "content", language)} onChange={(event) => change({ content: event.target.value })} />
      {(contacts.data?.rows.length ?? 0) === 0 ? null : (
        <Chips label={t.whoMet} options={(contacts.data?.rows ?? []).map((row) => ({ value: row.id, label: String(row["name"]) }))} value={written.contactId ?? ""} onChange={(contactId) => change({ contactId: contactId === written.contactId ? null : contactId })} />
      )}
      <div className={css["tools"]}>
        {mayLocate ? <PositionChip position={written.position} onChange={(position) => change({ position })} always={always} /> : null}
        <Enclosures enclosures={written.enclosures} onChange={(enclosures) => change({ enclosures })} />
      </div>
      <NextStep what={written.nextStep} at={written.nextStepAt} onChange={(nextStep, nextStepAt) => change({ nextStep, nextStepAt })} />
      <div className={css["foot"]}>
        <Button type="primary" size="large" block htmlType="submit" loading={saving}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}

/** Only what was said. The position goes along where the member let it stand. */
export function activityArguments(customerId: string, written: Written, mayLocate: boolean): JsonObject {
  const { position } = written;
  return {
    id: written.id,
    customerId,
    channel: written.channel,
    topic: written.topic.trim(),
    ...(written.happenedAt === null ? {} : { happenedAt: written.happenedAt }),
    ...(written.content.trim() === "" ? {} : { content: written.content.trim() }),
    ...(written.contactId === null ? {} : { contactId: written.contactId }),
    ...(written.nextStep.trim() === "" ? {} : { nextStep: written.nextStep.trim() }),
    ...(written.nextStepAt === null ? {} : { nextStepAt: written.nextStepAt }),
    ...(position === null || !mayLocate ? {} : { latitude: degrees(position.latitude), longitude: degrees(position.longitude), accuracyMetres: position.accuracyMetres }),
  };
}
