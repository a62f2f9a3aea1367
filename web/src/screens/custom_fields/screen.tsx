/** The company's own fields: defined here, and at once in forms, lists, filters, import and export. */
import { ArrowDownOutlined, ArrowUpOutlined, EditOutlined, HolderOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Segmented, Tag } from "antd";
import { useState, type ReactNode } from "react";
import { useSearchParams } from "wouter";
import { useMay } from "~/data/access_context";
import { useRequest } from "~/data/asking";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { customField } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import type { Entity } from "~/values/description";
import { labelled, say, type Texts } from "~/values/words";
import styles from "./custom_fields.module.css";
import { reordered, type Kind } from "./definition";
import { DefinitionForm, KINDS } from "./definition_form";

const TEXTS = {
  title: ["自定义字段", "Custom fields"],
  note: ["添加公司自己的字段，保存后立即出现在表单、列表、筛选、导入和导出里。需要联网。", "Add the company's own fields. They show at once in forms, lists, filters, imports and exports. This needs a network."],
  add: ["添加字段", "Add a field"],
  none: ["还没有自定义字段", "No custom fields yet"],
  noneHint: ["比如给客户加上“结算方式”“开票抬头”。", "Such as “Payment terms” or “Invoice title” of a customer."],
  required: ["必填", "Required"],
  filterable: ["可筛选", "Filterable"],
  archived: (count: number) => [`已归档的字段（${count}）`, `Archived fields (${count})`],
  archivedNote: ["记录里已有的值都还在，恢复后重新显示。", "Records keep their values; a restored field shows them again."],
  archive: ["归档", "Archive"],
  restore: ["恢复", "Restore"],
  edit: (label: string) => [`修改“${label}”`, `Change ${label}`],
  up: (label: string) => [`上移“${label}”`, `Move ${label} up`],
  down: (label: string) => [`下移“${label}”`, `Move ${label} down`],
  entity: ["对象", "Entity"],
  noRights: ["只有管理员可以管理自定义字段", "Only admins manage custom fields"],
} satisfies Texts;

const MANAGE = "tenants.custom_field.manage";

export default function CustomFieldsScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const { schema } = useDefinitions();
  const [search, setSearch] = useSearchParams();
  const entities = Object.values(DESCRIPTION.entities).filter((entity) => entity.customisable && (schema === null || entity.collection in schema.collections)).sort((one, other) => RANK.indexOf(other.collection) - RANK.indexOf(one.collection));
  const entity = entities.find((one) => one.name === search.get("entity")) ?? entities[0];
  if (!may(MANAGE) || entity === undefined) {
    return (
      <Page title={t.title}>
        <Empty title={t.noRights} />
      </Page>
    );
  }
  return (
    <Page title={t.title} help="custom_fields">
      <p className={styles["note"]}>{t.note}</p>
      <div className={styles["entities"]}>
        <Segmented aria-label={t.entity} value={entity.name} options={entities.map((one) => ({ value: one.name, label: say(one.label, language) }))} onChange={(name) => setSearch({ entity: name }, { replace: true })} />
      </div>
      <Fields key={entity.name} entity={entity} />
    </Page>
  );
}

/** The last comes first. */
const RANK = ["activities", "products", "contacts", "customers"];

function Fields({ entity }: { readonly entity: Entity }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const request = useRequest();
  const { customFields } = useDefinitions();
  const [open, setOpen] = useState<Row | "new" | null>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const [order, setOrder] = useState<readonly string[] | null>(null);
  const all = customFields.filter((row) => row["entity"] === entity.name);
  const stored = all.filter((row) => row["archivedAt"] === null);
  const used = order === null ? stored : [...stored].sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
  const archived = all.filter((row) => row["archivedAt"] !== null);
  const run = async (operation: "ArchiveCustomField" | "RestoreCustomField", input: { readonly id: string }): Promise<void> => {
    if ((await request.send(operation, { input })) !== null) await device.sync();
  };
  const moved = (from: number, to: number): readonly Row[] => {
    const row = used[from];
    if (row === undefined || to < 0 || to >= used.length) return used;
    const rest = used.filter((one) => one.id !== row.id);
    return [...rest.slice(0, to), row, ...rest.slice(to)];
  };
  const keepOrder = async (rows: readonly Row[]): Promise<void> => {
    setOrder(rows.map((row) => row.id));
    for (const input of reordered(rows)) if ((await request.send("EditCustomField", { input })) === null) break;
    await device.sync();
    setOrder(null);
  };
  return (
    <>
      <Failure error={request.error} />
      <Panel
        title={t.title}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen("new")}>
            {t.add}
          </Button>
        }
      >
        {used.length === 0 && <Empty title={t.none} hint={t.noneHint} />}
        <ul className={styles["fields"]}>
          {used.map((row, at) => (
            <li
              key={row.id}
              className={dragged === row.id ? styles["dragged"] : styles["field"]}
              onDragOver={(event) => event.preventDefault()}
              onDragEnter={() => {
                const from = used.findIndex((one) => one.id === dragged);
                if (from >= 0 && from !== at) setOrder(moved(from, at).map((one) => one.id));
              }}
            >
              <span
                draggable
                className={styles["holder"]}
                onDragStart={() => setDragged(row.id)}
                onDragEnd={() => {
                  setDragged(null);
                  void keepOrder(used);
                }}
              >
                <HolderOutlined aria-hidden />
              </span>
              <FieldFacts row={row} />
              <Button type="text" icon={<ArrowUpOutlined />} aria-label={t.up(String(row["labelZh"]))} disabled={at === 0 || request.busy} onClick={() => void keepOrder(moved(at, at - 1))} />
              <Button type="text" icon={<ArrowDownOutlined />} aria-label={t.down(String(row["labelZh"]))} disabled={at === used.length - 1 || request.busy} onClick={() => void keepOrder(moved(at, at + 1))} />
              <Button type="text" icon={<EditOutlined />} aria-label={t.edit(String(row["labelZh"]))} onClick={() => setOpen(row)} />
              <Button size="small" disabled={request.busy} onClick={() => void run("ArchiveCustomField", { id: row.id })}>
                {t.archive}
              </Button>
            </li>
          ))}
        </ul>
      </Panel>
      {archived.length > 0 && (
        <Panel title={t.archived(archived.length)} note={t.archivedNote}>
          <ul className={styles["fields"]}>
            {archived.map((row) => (
              <li key={row.id} className={styles["field"]}>
                <FieldFacts row={row} />
                <Button size="small" disabled={request.busy} onClick={() => void run("RestoreCustomField", { id: row.id })}>
                  {t.restore}
                </Button>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {open !== null && <DefinitionForm entity={entity} row={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </>
  );
}

function FieldFacts({ row }: { readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const field = customField(row);
  const kind = KINDS[String(row["kind"]) as Kind];
  return (
    <div className={styles["facts"]}>
      <strong>{say(field.label, language)}</strong>
      <span className={styles["more"]}>
        {kind === undefined ? String(row["kind"]) : say(kind.words, language)}
        {row["kind"] === "money" && ` ${String(row["currency"])}`}
        {row["kind"] === "choice" && labelled("", field.choices.map((choice) => say(choice.label, language)).join(language === "en" ? ", " : "、"), language)} <code>{String(row["key"])}</code>
      </span>
      {row["required"] === true && <Tag>{t.required}</Tag>}
      {row["filterable"] === true && <Tag>{t.filterable}</Tag>}
    </div>
  );
}
