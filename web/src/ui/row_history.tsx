/** Who changed what in a row: what this device has not sent yet, and the audit trail where there is a network. */
import { Button } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { usePages, useRequest, type Connection } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { NoNetwork, type Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import type { Operations } from "~/generated/operations";
import type { Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import { exactInstant, instantText } from "~/values/moments";
import { say, type Texts } from "~/values/words";
import { isObject, useDescribed, type Described } from "./described";
import { Failure } from "./failure";
import { SOURCE_ENTITY, SOURCE_ID } from "./field_text";
import { FieldValue, Value } from "./field_value";
import { commandLabel } from "./labels";
import { Panel } from "./panel";
import styles from "./row_history.module.css";
import { StateBadge } from "./state_badge";

const TEXTS = {
  title: ["变更历史", "History"],
  here: ["本机上的修改还没有全部提交：", "Edits on this device are not all sent yet:"],
  offline: ["变更历史保存在服务器上，联网后可以查看。", "The history is kept by the server: it shows when there is a network."],
  none: ["没有可以查看的变更", "No changes to show"],
  more: ["查看更早的", "Earlier"],
  nothing: ["空", "empty"],
  became: ["改为", "became"],
  merged: ["与他人的修改自动合并：", "Merged by itself with others' changes:"],
  undone: ["撤销了一次自动合并", "An automatic merge was taken back"],
  undo: ["撤销合并", "Undo the merge"],
  undoDone: ["已撤销，恢复为服务器原来的值", "Taken back: the server's former values hold again"],
  outcomeMine: ["采用离线修改的值", "the value entered offline holds"],
  outcomeTheirs: ["保留他人先改的值", "the other's value stays"],
  outcomeBoth: ["两边的修改都保留", "both changes are kept"],
  offlineValue: ["离线修改", "Offline"],
  theirValue: ["他人修改", "Others"],
  result: ["结果", "Result"],
} satisfies Texts;

type Entry = NonNullable<Operations["RowHistory"]["result"]["auditEntries"]>["nodes"][number];
const NONE: Connection<Entry> = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

export function RowHistory({ collection, row }: { readonly collection: string; readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const described = useDescribed(collection);
  if (described === null || !may("tenants.audit.view")) return row._state === null ? null : <Local row={row} title={t.title} />;
  return <Trail described={described} row={row} />;
}

function Local({ row, title }: { readonly row: Row; readonly title: string }): ReactNode {
  return (
    <Panel title={title}>
      <Here row={row} />
    </Panel>
  );
}

function Here({ row }: { readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  if (row._state === null) return null;
  return (
    <p className={styles["here"]}>
      {t.here} <StateBadge state={row._state} />
    </p>
  );
}

function Trail({ described, row }: { readonly described: Described; readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  // The version is part of the question: what was just done shows at once.
  const pages = usePages("RowHistory", { entity: described.entity.name, rowId: row.id, first: 20 }, (answer): Connection<Entry> => answer.auditEntries ?? NONE);
  const undone = useMemo(() => new Set((pages.data ?? []).flatMap(undoneBy)), [pages.data]);
  return (
    <Panel title={t.title}>
      <Here row={row} />
      {pages.error instanceof NoNetwork && pages.data === undefined ? <p className={styles["none"]}>{t.offline}</p> : <Failure error={pages.error} onRetry={() => void pages.reload()} />}
      {pages.data?.length === 0 && <p className={styles["none"]}>{t.none}</p>}
      <ol className={styles["trail"]}>
        {(pages.data ?? []).map((entry) => (
          <Line key={entry.id} entry={entry} described={described} undone={undone.has(entry.id)} onUndone={() => void pages.reload()} />
        ))}
      </ol>
      {pages.more !== null && (
        <Button size="small" loading={pages.more.busy} onClick={pages.more.load}>
          {t.more}
        </Button>
      )}
    </Panel>
  );
}

/** The merges that an entry took back: each of its fields says of which. */
function undoneBy(entry: Entry): readonly string[] {
  if (entry.op !== "undo_merge") return [];
  const told = Object.values(objectOf(entry.after)).filter(isObject);
  const facts = told.flatMap((fact) => ("auditId" in fact ? [fact] : Object.values(fact).filter(isObject)));
  return facts.flatMap(({ auditId }) => (typeof auditId === "string" ? [auditId] : []));
}

interface LineProps {
  readonly entry: Entry;
  readonly described: Described;
  /** The merge was taken back since. */
  readonly undone: boolean;
  onUndone(): void;
}

function Line({ entry, described, undone, onUndone }: LineProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <li className={styles["entry"]}>
      <div className={styles["who"]}>
        <strong>{entry.actorLabel}</strong> <span>{entry.command in DESCRIPTION.commands ? commandLabel(entry.command, language) : entry.commandLabel}</span>{" "}
        <time dateTime={entry.at} title={exactInstant(entry.at)}>
          {instantText(entry.at, language)}
        </time>
      </div>
      {entry.op === "undo_merge" ? (
        // What that changed stands in the entry of the edit itself.
        <p className={styles["merge"]}>{t.undone}</p>
      ) : entry.op === "merge" ? (
        <>
          <p className={styles["merge"]}>{t.merged}</p>
          <MergeFacts facts={objectOf(entry.after)} described={described} />
          {!undone && <UndoMerge auditId={entry.id} onUndone={onUndone} />}
        </>
      ) : (
        <Changes before={objectOf(entry.before)} after={objectOf(entry.after)} described={described} />
      )}
    </li>
  );
}

/** What the product keeps beside a change tells nothing of it. */
const SILENT = new Set(["version", "updatedAt", "updatedById", "createdAt", "createdById", "id", "scopePath", "nameKey"]);

function Changes({ before, after, described }: { readonly before: JsonObject; readonly after: JsonObject; readonly described: Described }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const flatBefore = flat(before);
  const flatAfter = flat(after);
  const names = [...new Set([...Object.keys(flatBefore), ...Object.keys(flatAfter)])].filter((name) => !SILENT.has(name) && !(name === SOURCE_ID && SOURCE_ENTITY in flatAfter));
  const isNew = Object.keys(before).length === 0;
  return (
    <dl className={styles["changes"]}>
      {names.map((name) => {
        const field = described.field(name);
        const was = flatBefore[name];
        const is = flatAfter[name];
        if (isNew && (is === null || is === undefined || is === "" || (Array.isArray(is) && is.length === 0))) return null;
        return (
          <div key={name}>
            <dt>{field === null ? name : say(field.label, language)}</dt>
            <dd>
              {!isNew && (
                <>
                  <Told field={field} value={was} row={flatBefore} /> <span className={styles["arrow"]} aria-label={t.became} role="img">→</span>{" "}
                </>
              )}
              <Told field={field} value={is} row={flatAfter} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Told({ field, value, row }: { readonly field: Field | null; readonly value: Json | undefined; readonly row: JsonObject }): ReactNode {
  const t = useTexts(TEXTS);
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return <span className={styles["empty"]}>{t.nothing}</span>;
  if (field === null) return <span>{typeof value === "object" ? JSON.stringify(value) : String(value)}</span>;
  if (field.name === SOURCE_ENTITY) return <FieldValue field={field} row={{ id: "", version: 0, _state: null, ...row }} links={false} />; // with which one it is
  return <Value field={field} value={value} row={row} links={false} />;
}

const OUTCOMES: Readonly<Record<string, "outcomeMine" | "outcomeTheirs" | "outcomeBoth">> = { mine: "outcomeMine", clash: "outcomeTheirs", theirs: "outcomeTheirs", both: "outcomeBoth", combined: "outcomeBoth" };

/** Of each field: what was entered offline, what others had made of it, what holds now. */
function MergeFacts({ facts, described }: { readonly facts: JsonObject; readonly described: Described }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const told = Object.entries(facts).flatMap(([name, value]) => {
    if (!isObject(value)) return [];
    if ("outcome" in value) return [[name, value] as const];
    return Object.entries(value).flatMap(([key, one]) => (isObject(one) ? [[`${name}.${key}`, one] as const] : []));
  });
  return (
    <dl className={styles["changes"]}>
      {told.map(([name, fact]) => {
        const field = described.field(name);
        const outcome = OUTCOMES[String(fact["outcome"])];
        return (
          <div key={name}>
            <dt>{field === null ? name : say(field.label, language)}</dt>
            <dd>
              {t.offlineValue} <Told field={field} value={fact["mine"]} row={{}} /> · {t.theirValue} <Told field={field} value={fact["theirs"]} row={{}} /> · {t.result} <Told field={field} value={fact["result"]} row={{}} />
              {outcome !== undefined && <span className={styles["outcome"]}>{t[outcome]}</span>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function UndoMerge({ auditId, onUndone }: { readonly auditId: string; onUndone(): void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const request = useRequest();
  const [done, setDone] = useState(false);
  const undo = async (): Promise<void> => {
    if ((await request.send("UndoMerge", { input: { auditId } })) === null) return;
    setDone(true);
    await device.sync();
    onUndone();
  };
  return (
    <div className={styles["undo"]}>
      <Failure error={request.error} />
      {done ? (
        <span role="status">{t.undoDone}</span>
      ) : (
        <Button size="small" loading={request.busy} onClick={() => void undo()}>
          {t.undo}
        </Button>
      )}
    </div>
  );
}

function objectOf(value: unknown): JsonObject {
  return isObject(value as Json) ? (value as JsonObject) : {};
}

/** Custom fields beside the others. */
function flat(values: JsonObject): JsonObject {
  const { custom, ...others } = values;
  return { ...others, ...(isObject(custom) ? Object.fromEntries(Object.entries(custom).map(([key, value]) => [`custom.${key}`, value])) : {}) };
}

