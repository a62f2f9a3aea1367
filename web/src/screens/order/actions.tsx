/** What can be done with an order, by its state and the member's rights. */
import { MoreOutlined, PrinterOutlined } from "@ant-design/icons";
import { Button, Dropdown, Modal, Select } from "antd";
import { useEffect, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useMay } from "~/data/access_context";
import { useDevice, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { useCompact } from "~/ui/compact";
import { Failure } from "~/ui/failure";
import type { Editing } from "./columns";
import css from "./order.module.css";
import { ORDER_TEXTS } from "./texts";
import type { OpenOrder } from "./use_order";

interface ActionsProps {
  readonly order: Row | null;
  readonly open: OpenOrder;
  readonly busy: boolean;
  readonly editing: Editing;
  readonly hasLines: boolean;
  readonly act: (then?: string) => void;
}

export function OrderActions({ order, open, busy, editing, hasLines, act }: ActionsProps): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const may = useMay();
  const phone = useCompact();
  const [, navigate] = useLocation();
  const [delivering, setDelivering] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const state = order === null ? "new" : String(order["state"]);
  const isDraft = state === "draft" || state === "new";
  const saveLabel = order === null ? t.save : editing === "packing" ? t.savePacking : t.saveChanges;
  const more = [
    ...(order !== null && may("sales.order.create") ? [{ key: "copy", label: t.duplicate, onClick: () => navigate(`/orders/new?copy=${order.id}`) }] : []),
    ...(order !== null && (state === "draft" || state === "confirmed") && may("sales.order.cancel") ? [{ key: "cancel", label: t.cancelOrder, danger: true, onClick: () => setCancelling(true) }] : []),
  ];
  return (
    <>
      {editing !== "nothing" || open.dirty ? (
        <Button type={state === "new" ? "primary" : "default"} loading={busy} disabled={order !== null && !open.dirty} onClick={() => act()}>
          {saveLabel}
        </Button>
      ) : null}
      {isDraft && may("sales.order.confirm") ? (
        <Button type={state === "draft" ? "primary" : "default"} disabled={busy || !hasLines} onClick={() => act("sales.confirm_order")}>
          {t.confirm}
        </Button>
      ) : null}
      {order !== null && state === "confirmed" && may("sales.order.deliver") ? (
        <Button type="primary" disabled={busy || open.dirty} onClick={() => setDelivering(true)}>
          {t.deliver}
        </Button>
      ) : null}
      <Button icon={<PrinterOutlined />} onClick={() => print()} aria-label={t.print} title={t.print}>
        {phone ? null : t.print}
      </Button>
      {more.length === 0 ? null : (
        <Dropdown menu={{ items: more }} trigger={["click"]}>
          <Button icon={<MoreOutlined />} aria-label={t.more} title={t.more} />
        </Dropdown>
      )}
      {order === null ? null : <Deliver order={order} open={delivering} close={() => setDelivering(false)} />}
      {order === null ? null : <Cancel order={order} open={cancelling} close={() => setCancelling(false)} />}
    </>
  );
}

interface DialogProps {
  readonly order: Row;
  readonly open: boolean;
  readonly close: () => void;
}

/** With one warehouse there is nothing to choose; without any the server decides. */
function Deliver({ order, open, close }: DialogProps): ReactElement {
  const device = useDevice();
  const t = useTexts(ORDER_TEXTS);
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const warehouses = useList({ collection: "warehouses", orderBy: [{ field: "name" }], limit: 100 });
  const rows = warehouses.data?.rows ?? [];
  const warehouseId = chosen ?? rows[0]?.id ?? null;
  useEffect(() => setError(null), [open]);
  const deliver = () =>
    device.mutate("sales.deliver_order", { id: order.id, ...(warehouseId === null ? {} : { warehouseId }) }, `deliver ${order.id} ${order.version}`).then(close, setError);
  return (
    <Modal open={open} title={t.deliverTitle} okText={t.deliver} onOk={() => void deliver()} onCancel={close} destroyOnHidden>
      <Failure error={error} />
      <p>{rows.length === 0 ? t.noWarehouse : t.deliverAll}</p>
      {rows.length === 0 ? null : (
        <Select autoFocus aria-label={t.deliverTitle} className={css["whole"] ?? ""} value={warehouseId} onChange={setChosen} options={rows.map((row) => ({ value: row.id, label: String(row["name"]) }))} />
      )}
    </Modal>
  );
}

function Cancel({ order, open, close }: DialogProps): ReactElement {
  const device = useDevice();
  const t = useTexts(ORDER_TEXTS);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => setError(null), [open]);
  const cancel = () => device.mutate("sales.cancel_order", { id: order.id }, `cancel ${order.id} ${order.version}`).then(close, setError);
  return (
    <Modal open={open} title={t.cancelOrder} okText={t.cancelOrder} okButtonProps={{ danger: true }} onOk={() => void cancel()} onCancel={close} destroyOnHidden>
      <Failure error={error} />
      <p>{t.cancelWhy}</p>
    </Modal>
  );
}
