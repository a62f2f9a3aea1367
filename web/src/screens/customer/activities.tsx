/** What was said with a customer, newest first. */
import { EnvironmentOutlined, PaperClipOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useGroups, useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { useDescribed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { FieldValue, Reference } from "~/ui/field_value";
import { rowPath } from "~/ui/paths";
import { StateBadge } from "~/ui/state_badge";
import { dayOf, dayText, instantText } from "~/values/moments";
import css from "./customer.module.css";
import { CUSTOMER_TEXTS } from "./texts";

const AT_ONCE = 30;

export function Activities({ customerId }: { readonly customerId: string }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const [limit, setLimit] = useState(AT_ONCE);
  const activities = useList({ collection: "activities", where: [{ field: "customerId", op: "eq", value: customerId }], orderBy: [{ field: "happenedAt", desc: true }], limit });
  const { data } = activities;
  const files = useFileCounts(data?.rows ?? NONE);
  if (activities.error !== null) return <Failure error={activities.error} />;
  if (data !== undefined && data.total === 0) return <p className={css["soft"]}>{t.noActivities}</p>;
  return (
    <>
      <ol className={css["timeline"]}>
        {(data?.rows ?? []).map((row) => (
          <Activity key={row.id} row={row} files={files.get(row.id) ?? 0} />
        ))}
      </ol>
      {(data?.total ?? 0) > limit ? <Button onClick={() => setLimit(limit + AT_ONCE)}>{t.showMore}</Button> : null}
    </>
  );
}

const NONE: readonly Row[] = [];

/** How many files hang on each row. */
function useFileCounts(rows: readonly Row[]): ReadonlyMap<string, number> {
  const ids = rows.map((row) => row.id);
  const { data } = useGroups({ collection: "attachments", where: [{ field: "rowId", op: "in", value: ids }], by: "rowId" });
  return useMemo(() => new Map((data ?? []).map((group) => [String(group.value), group.count])), [data]);
}

function Activity({ row, files }: { readonly row: Row; readonly files: number }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const language = useLanguage();
  const described = useDescribed("activities");
  const channel = described?.field("channel");
  const text = (field: string) => (typeof row[field] === "string" ? row[field] : "");
  const due = text("nextStepAt");
  return (
    <li>
      <div className={css["when"]}>
        <time dateTime={text("happenedAt")}>{instantText(text("happenedAt"), language)}</time>
        {channel == null ? null : <FieldValue field={channel} row={row} />}
        <StateBadge state={row._state} />
      </div>
      <div className={css["said"]}>
        <Link href={rowPath("activities", row.id)}>
          <strong>{text("topic")}</strong>
        </Link>
        {text("content") === "" ? null : <p>{text("content")}</p>}
        {text("objection") === "" ? null : (
          <p>
            <span className={css["soft"]}>{t.objection}</span> {text("objection")}
          </p>
        )}
        {text("nextStep") === "" && due === "" ? null : (
          <p className={css["next"]}>
            {t.next(text("nextStep"))} {due === "" ? null : <span className={css["soft"]}>{t.due(dayText(dayOf(new Date(due)), language))}</span>}
          </p>
        )}
        <p className={css["soft"]}>
          {typeof row["contactId"] === "string" ? <Reference collection="contacts" id={row["contactId"]} links={false} /> : null}
          {typeof row["ownerId"] === "string" ? <Reference collection="members" id={row["ownerId"]} links={false} /> : null}
          {row["latitude"] == null ? null : (
            <span title={`${t.at} ${String(row["latitude"])}, ${String(row["longitude"])}`}>
              <EnvironmentOutlined aria-label={t.at} /> {String(row["latitude"])}, {String(row["longitude"])}
            </span>
          )}
          {files === 0 ? null : (
            <Link href={rowPath("activities", row.id)}>
              <PaperClipOutlined aria-hidden /> {t.fileCount(files)}
            </Link>
          )}
        </p>
      </div>
    </li>
  );
}
