/** The people at a customer: added and edited in their place. */
import { EditOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useMemo, useState, type ReactElement } from "react";
import { useMay } from "~/data/access_context";
import { useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { useDescribed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { FieldValue } from "~/ui/field_value";
import { RowForm } from "~/ui/row_form";
import { StateBadge } from "~/ui/state_badge";
import css from "./customer.module.css";
import { CUSTOMER_TEXTS } from "./texts";

export function Contacts({ customerId, locked }: { readonly customerId: string; readonly locked: boolean }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const may = useMay();
  const [editing, setEditing] = useState<string | "new" | null>(null);
  const contacts = useList({ collection: "contacts", where: [{ field: "customerId", op: "eq", value: customerId }], orderBy: [{ field: "name" }], limit: 200 });
  const given = useMemo(() => ({ customerId }), [customerId]);
  const rows = contacts.data?.rows ?? [];
  const done = () => setEditing(null);
  return (
    <>
      <Failure error={contacts.error} />
      {rows.length === 0 && editing === null && contacts.data !== undefined ? <p className={css["soft"]}>{t.noContacts}</p> : null}
      <ul className={css["people"]}>
        {rows.map((row) => (
          <li key={row.id}>{editing === row.id ? <RowForm collection="contacts" row={row} onSaved={done} onCancel={done} /> : <Person row={row} edit={!locked && may("party.contact.edit") ? () => setEditing(row.id) : null} />}</li>
        ))}
      </ul>
      {editing === "new" ? (
        <RowForm collection="contacts" row={null} given={given} onSaved={(_id, again) => setEditing(again ? "new" : null)} onCancel={done} />
      ) : locked || !may("party.contact.create") ? null : (
        <Button type="dashed" block icon={<PlusOutlined />} onClick={() => setEditing("new")}>
          {t.addContact}
        </Button>
      )}
    </>
  );
}

const SHOWN = ["influence", "mobile", "wechat", "email", "birthday", "preference"] as const;

function Person({ row, edit }: { readonly row: Row; readonly edit: (() => void) | null }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const described = useDescribed("contacts");
  const name = String(row["name"]);
  return (
    <div className={css["person"]}>
      <div>
        <strong>{name}</strong> <span className={css["soft"]}>{String(row["title"] ?? "")}</span> <StateBadge state={row._state} short />
        <div className={css["reach"]}>
          {SHOWN.map((field) => {
            const known = described?.field(field);
            return known == null || row[field] == null || row[field] === "" ? null : <FieldValue key={field} field={known} row={row} />;
          })}
        </div>
      </div>
      {edit === null ? null : <Button type="text" size="small" icon={<EditOutlined />} aria-label={t.editOne(name)} title={t.editOne(name)} onClick={edit} />}
    </div>
  );
}
