/** Who changed what, when, from where; and the security log beside it. */
import { App, Button, Skeleton, Tabs } from "antd";
import { useState, type ReactNode } from "react";
import { useSearch } from "wouter";
import { useMay } from "~/data/access_context";
import { usePages } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import type { Operations } from "~/generated/operations";
import { Failure } from "~/ui/failure";
import type { NameOf } from "~/ui/field_text";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { namingCollections, rowNames } from "~/ui/row_names";
import type { JsonObject } from "~/values/json";
import { saveCsv } from "./csv";
import { calledOf, namelessRows, type AuditEntry } from "./entries";
import { EntryRow } from "./entry_row";
import styles from "./audit.module.css";
import { Filters, NO_FILTER, type Filter } from "./filters";
import { SecurityLog } from "./security_log";
import { TEXTS } from "./texts";

export default function AuditScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const sees = useMay()("tenants.audit.view");
  const items = [
    ...(sees ? [{ key: "changes", label: t.changes, children: <Trail /> }] : []),
    { key: "security", label: t.security, children: <SecurityLog /> },
  ];
  return (
    <Page title={t.title} help="audit">
      <Tabs items={items} destroyOnHidden />
    </Page>
  );
}

type AuditFilter = NonNullable<Operations["AuditEntries"]["variables"]["filter"]>;

/** Days are the reader's: from midnight to midnight on this device's clock. */
function inputOf(filter: Filter): AuditFilter {
  return {
    ...(filter.memberId === null ? {} : { memberId: filter.memberId }),
    ...(filter.entity === null ? {} : { entity: filter.entity }),
    ...(filter.op === null ? {} : { op: filter.op }),
    ...(filter.deviceId === null ? {} : { deviceId: filter.deviceId }),
    ...(filter.rowId === null ? {} : { rowId: filter.rowId }),
    ...(filter.system === true || filter.rowId !== null || filter.entity !== null ? {} : { systemRecords: false }),
    ...(filter.since === null ? {} : { since: new Date(`${filter.since}T00:00:00`).toISOString() }),
    ...(filter.until === null ? {} : { until: dayAfter(filter.until).toISOString() }),
  };
}

function dayAfter(day: string): Date {
  const found = new Date(`${day}T00:00:00`);
  found.setDate(found.getDate() + 1);
  return found;
}

function Trail(): ReactNode {
  const t = useTexts(TEXTS);
  const asked = new URLSearchParams(useSearch());
  const [filter, setFilter] = useState<Filter>({ ...NO_FILTER, memberId: asked.get("member"), deviceId: asked.get("device"), rowId: asked.get("row"), entity: asked.get("entity") });
  const entries = usePages("AuditEntries", { first: 50, filter: inputOf(filter) }, (answer) => answer.auditEntries);
  const nameOf = useNames(entries.data ?? []);
  return (
    <Panel quiet title={t.changes} note={entries.total === null ? undefined : t.total(entries.total)} actions={<Export filter={filter} />}>
      <Filters filter={filter} onFilter={setFilter} />
      <Failure error={entries.error} onRetry={() => void entries.reload()} />
      {entries.data === undefined ? (
        entries.error === null && <Skeleton active />
      ) : entries.data.length === 0 ? (
        <p className={styles["soft"]}>{t.empty}</p>
      ) : (
        <ol className={styles["trail"]}>
          {entries.data.map((entry) => (
            <EntryRow key={entry.id} entry={entry} called={calledOf(entry, nameOf)} onRow={(rowId) => setFilter({ ...NO_FILTER, rowId })} />
          ))}
        </ol>
      )}
      {entries.more !== null && (
        <div className={styles["more"]}>
          <Button loading={entries.more.busy} onClick={entries.more.load}>
            {t.more}
          </Button>
        </div>
      )}
    </Panel>
  );
}

/** What this device calls the records that the entries do not name. */
function useNames(entries: readonly AuditEntry[]): NameOf {
  const device = useDevice();
  const language = useLanguage();
  const nameless = namelessRows(entries);
  const rows = [...new Set(nameless.map(({ collection, id }) => `${collection} ${id}`))].sort();
  const names = useLive(`names ${language} ${rows.join(" ")}`, namingCollections(nameless.map(({ collection }) => collection)), () => rowNames(device, nameless, language));
  return names.data ?? UNKNOWN;
}

const UNKNOWN: NameOf = () => null;

/** So many are read at most: more than that is a matter of narrower periods. */
const MOST = 5_000;
const AT_ONCE = 100;

function Export({ filter }: { readonly filter: Filter }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const device = useDevice();
  const { message } = App.useApp();
  const [read, setRead] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const run = async (): Promise<void> => {
    setRead(0);
    setError(null);
    try {
      const found: AuditEntry[] = [];
      let after: string | null = null;
      do {
        const variables: JsonObject = { first: AT_ONCE, filter: inputOf(filter) as JsonObject, ...(after === null ? {} : { after }) };
        const page: Operations["AuditEntries"]["result"]["auditEntries"] = (await device.ask<Operations["AuditEntries"]["result"]>("AuditEntries", variables)).auditEntries;
        if (page === null) break;
        found.push(...page.nodes);
        setRead(found.length);
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null && found.length < MOST);
      saveCsv(found, t, language, await rowNames(device, namelessRows(found), language));
      void message.success(t.exported(found.length, after === null));
    } catch (failed) {
      setError(failed as Error);
    }
    setRead(null);
  };
  return (
    <>
      <Button loading={read !== null} onClick={() => void run()}>
        {read === null ? t.export : t.exporting(read)}
      </Button>
      <Failure error={error} />
    </>
  );
}
