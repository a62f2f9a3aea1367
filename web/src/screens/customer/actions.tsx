/** What one does with a customer: call, write a follow-up, enter an order, hand over. */
import { EditOutlined, FileAddOutlined, MessageOutlined, MoreOutlined, PhoneOutlined } from "@ant-design/icons";
import { Button, Dropdown, Modal } from "antd";
import { useEffect, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useHas, useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { ArchiveButton } from "~/ui/archive_button";
import { useDescribed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { commandLabel } from "~/ui/labels";
import { editPath } from "~/ui/paths";
import { ReferencePicker } from "~/ui/reference_picker";
import { phoneText } from "~/values/phone";
import { CUSTOMER_TEXTS } from "./texts";

export function CustomerActions({ customer, archived }: { readonly customer: Row; readonly archived: boolean }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const language = useLanguage();
  const may = useMay();
  const has = useHas();
  const [, navigate] = useLocation();
  const described = useDescribed("customers");
  const [assigning, setAssigning] = useState(false);
  const contacts = useList({ collection: "contacts", where: [{ field: "customerId", op: "eq", value: customer.id }], orderBy: [{ field: "name" }], limit: 10 });
  const numbers = [
    { name: "", number: customer["phone"] },
    ...(contacts.data?.rows ?? []).map((row) => ({ name: String(row["name"]), number: row["mobile"] })),
  ].flatMap(({ name, number }) => (typeof number === "string" && number !== "" ? [{ key: `${name} ${number}`, label: <a href={`tel:${number.replace(/[^\d+]/g, "")}`}>{`${name} ${phoneText(number)}`.trim()}</a> }] : []));
  const more = [
    ...(may("party.customer.edit") && !archived ? [{ key: "edit", icon: <EditOutlined />, label: t.edit, onClick: () => navigate(editPath("customers", customer.id)) }] : []),
    ...(may("party.customer.assign") && !archived ? [{ key: "assign", label: commandLabel("party.assign_customer", language), onClick: () => setAssigning(true) }] : []),
  ];
  return (
    <>
      {numbers.length === 0 ? null : (
        <Dropdown menu={{ items: numbers }} trigger={["click"]}>
          <Button icon={<PhoneOutlined />}>{t.call}</Button>
        </Dropdown>
      )}
      {may("crm.activity.log") && !archived ? (
        <Button type="primary" icon={<MessageOutlined />} onClick={() => navigate(`/follow-up?customer=${customer.id}`)}>
          {t.followUp}
        </Button>
      ) : null}
      {may("sales.order.create") && has("sales") && !archived ? (
        <Button icon={<FileAddOutlined />} onClick={() => navigate(`/orders/new?customerId=${customer.id}`)}>
          {t.newOrder}
        </Button>
      ) : null}
      {described === null ? null : <ArchiveButton described={described} row={customer} />}
      {more.length === 0 ? null : (
        <Dropdown menu={{ items: more }} trigger={["click"]}>
          <Button icon={<MoreOutlined />} aria-label={t.more} title={t.more} />
        </Dropdown>
      )}
      <Assign customer={customer} open={assigning} close={() => setAssigning(false)} />
    </>
  );
}

/** The server hands a customer over with all that belongs to it: rows leave one device and come to another. */
function Assign({ customer, open, close }: { readonly customer: Row; readonly open: boolean; readonly close: () => void }): ReactElement {
  const device = useDevice();
  const t = useTexts(CUSTOMER_TEXTS);
  const [ownerId, setOwnerId] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setError(null);
    setOwnerId(null);
  }, [open]);
  const assign = async () => {
    setBusy(true);
    try {
      await device.ask("AssignCustomer", { input: { id: customer.id, ownerId } });
      await device.sync();
      close();
    } catch (failed) {
      setError(failed instanceof Error ? failed : new Error(String(failed)));
    }
    setBusy(false);
  };
  return (
    <Modal open={open} title={t.assignTitle} okText={t.assign} okButtonProps={{ disabled: ownerId === null || ownerId === customer["ownerId"], loading: busy }} onOk={() => void assign()} onCancel={close} destroyOnHidden>
      <Failure error={error} />
      <p>{t.assignWhy}</p>
      <ReferencePicker collection="members" value={ownerId} onChange={setOwnerId} label={t.assignTitle} where={[{ field: "deactivatedAt", op: "empty" }]} clearable={false} autoFocus />
    </Modal>
  );
}
