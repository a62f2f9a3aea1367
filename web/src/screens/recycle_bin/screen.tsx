/** What was archived, by whom and for how long it can still be restored. */
import { App, Button, Segmented } from "antd";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import type { Segment } from "~/data/list_windows";
import { runOnAll } from "~/data/run_command";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { DataList, type Column } from "~/ui/data_list";
import { useDescribed } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { useFailureWords } from "~/ui/failure";
import { Reference, RowTitle } from "~/ui/field_value";
import { collectionLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { rowPath } from "~/ui/paths";
import { instantText } from "~/values/moments";
import type { Texts } from "~/values/words";
import { daysLeft } from "./days_left";
import styles from "./recycle_bin.module.css";

const TEXTS = {
  title: ["回收站", "Recycle bin"],
  note: ["归档的记录保留 30 天，期间可以恢复；之后彻底删除。", "Archived records can be restored for 30 days; after that they are deleted for good."],
  empty: ["回收站是空的", "The recycle bin is empty"],
  name: ["名称", "Name"],
  when: ["归档时间", "Archived"],
  by: ["归档人", "Archived by"],
  left: ["剩余天数", "Days left"],
  days: (days: number) => [days === 0 ? "不到 1 天" : `${days} 天`, days === 0 ? "< 1 day" : days === 1 ? "1 day" : `${days} days`],
  archived: (when: string) => [`归档于 ${when}`, `Archived ${when}`],
  remaining: (days: number) => [days === 0 ? "剩余不到 1 天" : `剩余 ${days} 天`, days === 0 ? "less than a day left" : days === 1 ? "1 day left" : `${days} days left`],
  restore: (count: number) => [count === 0 ? "恢复" : `恢复 ${count} 条`, count === 0 ? "Restore" : count === 1 ? "Restore 1 record" : `Restore ${count} records`],
  restored: (count: number) => [`已恢复 ${count} 条`, `${count} restored`],
  selectHint: ["勾选要恢复的记录；点击一条可以先查看。", "Select the records to restore; click one to view it first."],
  kind: ["类别", "Kind"],
} satisfies Texts;

/** Parts of other records, which come back with those. */
const PARTS = new Set(["salesOrderLines"]);

export default function RecycleBinScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const device = useDevice();
  const { schema } = useDefinitions();
  const [search, setSearch] = useSearchParams();
  const collections = useMemo(() => Object.values(DESCRIPTION.entities).filter((entity) => entity.archivable && entity.synced && !PARTS.has(entity.collection) && (schema === null || entity.collection in schema.collections)).map((entity) => entity.collection), [schema]);
  const counts = useLive(`bin ${collections.join(" ")}`, collections, async () => Object.fromEntries(await Promise.all(collections.map(async (collection) => [collection, (await device.list({ collection, archived: "only", limit: 0 })).total] as const))));
  const filled = collections.filter((collection) => (counts.data?.[collection] ?? 0) > 0);
  const chosen = filled.find((collection) => collection === search.get("kind")) ?? filled[0];
  return (
    <Page title={t.title} help="recycle_bin">
      <p className={styles["note"]}>{t.note}</p>
      {counts.data !== undefined && chosen === undefined && <Empty title={t.empty} />}
      {chosen !== undefined && (
        <>
          <div className={styles["kinds"]}>
            <Segmented aria-label={t.kind} value={chosen} options={filled.map((collection) => ({ value: collection, label: `${collectionLabel(collection, language)} ${counts.data?.[collection] ?? ""}` }))} onChange={(kind) => setSearch({ kind }, { replace: true })} />
          </div>
          <Archived key={chosen} collection={chosen} />
        </>
      )}
    </Page>
  );
}

function Archived({ collection }: { readonly collection: string }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const device = useDevice();
  const [, navigate] = useLocation();
  const { message } = App.useApp();
  const words = useFailureWords();
  const described = useDescribed(collection);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const segments = useMemo<readonly Segment[]>(() => [{ key: "all", headed: false, open: true, query: { collection, archived: "only", orderBy: [{ field: "archivedAt", desc: true }] } }], [collection]);
  const command = described?.command("restore") ?? null;
  const restore = useCallback(async (): Promise<void> => {
    if (command === null) return;
    setBusy(true);
    try {
      message.success(t.restored(await runOnAll(device, collection, command, [...selected], (row) => ({ id: row.id }))));
      setSelected(new Set());
    } catch (error) {
      const { message: what, remedy } = words(error as Error);
      message.error(`${what} ${remedy}`);
    } finally {
      setBusy(false);
    }
  }, [collection, command, device, message, selected, t, words]);
  const columns = useMemo<readonly Column[]>(
    () => [
      { key: "name", title: t.name, width: 240, render: (row) => <RowTitle collection={collection} row={row} /> },
      { key: "when", title: t.when, width: 168, render: (row) => instantText(String(row["archivedAt"]), language) },
      { key: "by", title: t.by, width: 140, render: (row) => (typeof row["archivedById"] === "string" ? <Reference collection="members" id={row["archivedById"]} links={false} /> : null) },
      { key: "left", title: t.left, width: 96, render: (row) => t.days(daysLeft(String(row["archivedAt"]))) },
    ],
    [collection, language, t],
  );
  const card = (row: Row): ReactNode => (
    <span className={styles["card"]}>
      <span className={styles["cardTitle"]}>
        <RowTitle collection={collection} row={row} />
      </span>
      <span className={styles["cardMore"]}>
        {t.archived(instantText(String(row["archivedAt"]), language))} · {t.remaining(daysLeft(String(row["archivedAt"])))}
      </span>
    </span>
  );
  return (
    <>
      <div className={styles["bar"]}>
        {command !== null && (
          <Button type="primary" disabled={selected.size === 0} loading={busy} onClick={() => void restore()}>
            {t.restore(selected.size)}
          </Button>
        )}
        <span className={styles["note"]}>{t.selectHint}</span>
      </div>
      <DataList collection={collection} label={t.title} segments={segments} columns={columns} onOpen={(row) => navigate(rowPath(collection, row.id))} {...(command === null ? {} : { selection: { ids: selected, set: setSelected } })} card={card} empty={<Empty title={t.empty} />} />
    </>
  );
}
