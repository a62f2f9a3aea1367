/** Any row in full: its fields, what refers to it, its files, its history. */
import { EditOutlined } from "@ant-design/icons";
import { Alert, Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useLocation, useParams } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useRow } from "~/data/hooks";
import type { Row } from "~/device/api";
import { ArchiveButton } from "~/ui/archive_button";
import { Attachments } from "~/ui/attachments";
import { isCustom, KEPT_BY_PRODUCT, useDescribed, valueOf, type Described } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { FieldValue } from "~/ui/field_value";
import { Page } from "~/ui/page";
import { Facts, Panel } from "~/ui/panel";
import { editPath, listPath } from "~/ui/paths";
import { RelatedRows } from "~/ui/related_rows";
import { RowHistory } from "~/ui/row_history";
import { StateBadge } from "~/ui/state_badge";
import { titleOf } from "~/ui/title_of";
import type { Field } from "~/values/description";
import { instantText } from "~/values/moments";
import { say, type Texts } from "~/values/words";
import styles from "./row.module.css";

const TEXTS = {
  edit: ["编辑", "Edit"],
  basics: ["基本信息", "Basics"],
  own: ["自定义字段", "Custom fields"],
  kept: ["记录信息", "About this record"],
  empty: ["—", "—"],
  inBin: (when: string) => [`已于 ${when} 归档，30 天内可以恢复。`, `Archived on ${when}; it can be restored for 30 days.`],
  notHere: ["这条记录不在本机", "This record is not on this device"],
  notHereHint: ["可能已被彻底删除、转给了他人、不在您的数据范围内，或还没有同步到这里。", "It may be gone for good, handed over, outside of what you may see, or not synced yet."],
  noRights: ["没有查看权限", "You may not see this"],
  noRightsHint: ["公司没有开通这个模块，或您的角色不能查看这类数据。请联系管理员。", "The company does not have this module, or your role does not include it. Ask an admin."],
  back: ["返回列表", "Back to the list"],
} satisfies Texts;

/** Files can hang on these (the server refuses others). */
const WITH_FILES = new Set(["products", "activities", "stockCounts", "warehouses", "contacts", "customers", "salesOrders"]);

export default function RowScreen(): ReactNode {
  const { collection = "", id = "" } = useParams();
  const described = useDescribed(collection);
  const { data: row, error, stale, reload } = useRow(collection, id);
  const t = useTexts(TEXTS);
  const language = useLanguage();
  if (described === null || !described.offered) return <Away title={t.noRights} hint={t.noRightsHint} collection={null} />;
  const label = say(described.entity.label, language);
  if (error !== null) {
    return (
      <Page title={label} back={listPath(collection)}>
        <Failure error={error} onRetry={reload} />
      </Page>
    );
  }
  if (row === undefined || (row === null && stale)) {
    return (
      <Page title={label} back="history">
        <Skeleton active paragraph={{ rows: 8 }} />
      </Page>
    );
  }
  if (row === null) return <Away title={t.notHere} hint={t.notHereHint} collection={collection} />;
  return <RowPage described={described} row={row} />;
}

function Away({ title, hint, collection }: { readonly title: string; readonly hint: string; readonly collection: string | null }): ReactNode {
  const t = useTexts(TEXTS);
  const [, navigate] = useLocation();
  return (
    <Page title={title} back="history">
      <Empty title={title} hint={hint}>
        {collection !== null && <Button onClick={() => navigate(listPath(collection))}>{t.back}</Button>}
      </Empty>
    </Page>
  );
}

function RowPage({ described, row }: { readonly described: Described; readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [, navigate] = useLocation();
  const { collection } = described.entity;
  const isArchived = typeof row["archivedAt"] === "string";
  const edit = isArchived ? null : described.command("edit");
  const title = titleOf(collection, row) || say(described.entity.label, language);
  return (
    <Page
      title={title}
      aside={<StateBadge state={row._state} />}
      back="history"
      help="row"
      actions={
        <>
          {edit !== null && (
            <Button type="primary" icon={<EditOutlined />} onClick={() => navigate(editPath(collection, row.id))}>
              {t.edit}
            </Button>
          )}
          <ArchiveButton described={described} row={row} />
        </>
      }
    >
      {isArchived && <Alert type="warning" showIcon className={styles["bin"] ?? ""} title={t.inBin(instantText(String(row["archivedAt"]), language))} />}
      <div className={styles["columns"]}>
        <div className={styles["main"]}>
          <Sections described={described} row={row} />
          <RelatedRows collection={collection} id={row.id} except={["attachments"]} />
        </div>
        <div className={styles["side"]}>
          {WITH_FILES.has(collection) && <Attachments collection={collection} rowId={row.id} />}
          <RowHistory key={row.version} collection={collection} row={row} />
        </div>
      </div>
    </Page>
  );
}

function Sections({ described, row }: { readonly described: Described; readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  const paired = new Set(described.fields.map((field) => field.currencyField));
  const told = described.fields.filter((field) => !paired.has(field.name) && !(field.widget === "reference" && field.refersTo === null));
  const own = told.filter(isCustom);
  const basics = told.filter((field) => !isCustom(field) && !KEPT_BY_PRODUCT.has(field.name));
  const kept = told.filter((field) => KEPT_BY_PRODUCT.has(field.name) && !UNTOLD.has(field.name));
  return (
    <>
      <FieldPanel title={t.basics} fields={basics} row={row} empties />
      <FieldPanel title={t.own} fields={own} row={row} empties />
      <FieldPanel title={t.kept} fields={kept} row={row} />
    </>
  );
}

const UNTOLD = new Set(["id", "version", "custom"]);

/** `empties`: whether fields without a value are told too. */
function FieldPanel({ title, fields, row, empties = false }: { readonly title: string; readonly fields: readonly Field[]; readonly row: Row; readonly empties?: boolean }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const facts = fields.flatMap((field) => {
    const value = valueOf(row, field);
    // Not in the row at all: a role hides it from this member.
    if (value === undefined) return [];
    const isEmpty = value === null || value === "" || (Array.isArray(value) && value.length === 0);
    if (isEmpty && !empties) return [];
    return [{ label: say(field.label, language), value: isEmpty ? <span className={styles["empty"]}>{t.empty}</span> : <FieldValue field={field} row={row} /> }];
  });
  if (facts.length === 0) return null;
  return (
    <Panel title={title}>
      <Facts facts={facts} />
    </Panel>
  );
}
