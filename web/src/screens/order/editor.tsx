/** Entering an order: header, lines, what is known of the customer beside, and what can be done with it. */
import { Alert, App, Button, Popconfirm } from "antd";
import { useCallback, useEffect, useMemo, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import { useReferred } from "~/data/references";
import type { Kept } from "~/data/use_kept";
import type { Row, RowState } from "~/device/api";
import { useCompact, useWidth } from "~/ui/compact";
import { useDescribed } from "~/ui/described";
import { Failure } from "~/ui/failure";
import { GridCards } from "~/ui/grid/cards";
import { Grid } from "~/ui/grid/grid";
import type { GridSpec } from "~/ui/grid/model";
import { soundRows, wrongCells } from "~/ui/grid/sheet";
import { GridToolbar } from "~/ui/grid/toolbar";
import { choiceLabel, collectionLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { StateBadge } from "~/ui/state_badge";
import { totalMinor } from "~/values/pricing";
import { OrderActions } from "./actions";
import { useOrderSpec, type Editing } from "./columns";
import { CustomerPanel } from "./customer_panel";
import css from "./order.module.css";
import { OrderHeader } from "./header";
import { amountOf, type OrderLine } from "./lines";
import { PriceHistory } from "./price_history";
import { OrderPrint } from "./print";
import { ORDER_TEXTS } from "./texts";
import { useOrder, type OpenOrder, type Opened } from "./use_order";

interface EditorProps {
  readonly opened: Opened;
  readonly kept: Kept;
  /** Of the lines, as they are on the device: their states. */
  readonly rows?: readonly Row[];
}

const NO_ROWS: readonly Row[] = [];

export function OrderEditor({ opened, kept, rows = NO_ROWS }: EditorProps): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const language = useLanguage();
  const phone = useCompact();
  const width = useWidth();
  const may = useMay();
  const { order } = opened;
  const open = useOrder(opened, kept);
  const { header, handle } = open;
  const editing = editingOf(order, may);
  const priced = useDescribed("salesOrderLines")?.field("unitPrice") != null;
  const spec = useOrderSpec({ editing, currency: header.currency, priced, narrow: width !== "desktop" });
  const { saved, problem, act, busy } = useSaving(open, spec, order);
  useKeys(editing !== "nothing" || open.dirty ? () => act() : null);
  const customer = useReferred("customers", header.customerId);
  const active = handle.sheet.content.rows[handle.sheet.active.row];
  const total = useMemo(() => totalMinor(soundRows(handle.sheet.content).map((line) => amountOf(line, header.currency))), [handle.sheet.content, header.currency]);
  const state = order === null ? null : String(order["state"]);
  const number = typeof order?.["number"] === "string" ? order["number"] : "";
  const title = order === null ? t.newOne : `${state === "draft" ? t.quotation : t.order} ${number || t.unnumbered}`;
  const aside =
    order === null ? undefined : (
      <span className={css["aside"]}>
        <span className={`${css["state"]} ${css[state ?? ""] ?? ""}`}>{choiceLabel("salesOrders", "state", state ?? "", language)}</span>
        <StateBadge state={worst([order, ...rows])} />
      </span>
    );
  const actions = <OrderActions order={order} open={open} busy={busy} act={act} hasLines={handle.sheet.content.rows.some((line) => line.product !== null)} editing={editing} />;
  return (
    <Page title={title} back="history" wide aside={aside} keepsActions actions={actions} help="orders">
      <div className={css["screen"]}>
        <div className={css["main"]}>
          {open.restored && open.dirty && !saved ? (
            <Alert
              type="info"
              showIcon
              className={css["notice"] ?? ""}
              title={t.restored(kept.others)}
              action={
                <Popconfirm title={t.discardWhy} onConfirm={() => void open.discard()}>
                  <Button size="small">{t.discard}</Button>
                </Popconfirm>
              }
            />
          ) : null}
          {typeof problem === "string" ? <Alert type="warning" showIcon className={css["notice"] ?? ""} title={problem} /> : <Failure error={problem} />}
          <OrderHeader order={order} header={header} change={open.change} locked={editing !== "all"} mayNote={may("sales.order.edit")} />
          {phone ? (
            <GridCards handle={handle} spec={spec} label={collectionLabel("salesOrderLines", language)} />
          ) : (
            <>
              {editing !== "nothing" || open.dirty ? (
                <GridToolbar handle={handle} spec={spec}>
                  {open.dirty ? <span className={css["unsaved"]}>{t.unsaved}</span> : null}
                  <span className={css["keys"]}>{t.keys}</span>
                </GridToolbar>
              ) : null}
              <Grid handle={handle} spec={spec} name="order" label={t.lines} style={{ height: gridHeight(handle.sheet.content.rows.length) }} />
            </>
          )}
          <PriceHistory customerId={header.customerId} orderId={order?.id ?? null} product={active?.product ?? null} currency={header.currency} use={editing === "all" ? (price) => usePrice(open, price) : null} />
        </div>
        <aside className={css["side"]}>
          <CustomerPanel customer={customer ?? null} orderId={order?.id ?? null} total={state === "confirmed" || state === "delivered" ? 0n : total} currency={header.currency} />
        </aside>
      </div>
      <OrderPrint order={order} header={header} customer={customer ?? null} lines={handle.sheet.content.rows} total={total} priced={priced} />
    </Page>
  );
}

function gridHeight(rows: number): number {
  return Math.min(Math.max(rows, 6), 16) * 32 + 34 + 34 + 18;
}

function editingOf(order: Row | null, may: (permission: string) => boolean): Editing {
  if (order === null) return may("sales.order.create") ? "all" : "nothing";
  if (order["state"] === "draft") return may("sales.order.edit") ? "all" : "nothing";
  return order["state"] === "confirmed" && may("sales.order.pack") ? "packing" : "nothing";
}

const STATES: readonly RowState[] = ["inbox", "parked", "waiting", "pending"];

/** What of an order and its lines is farthest from done. */
function worst(rows: readonly Row[]): RowState {
  return STATES.find((state) => rows.some((row) => row._state === state)) ?? null;
}

/** The price goes into the line under the cursor. */
function usePrice(open: OpenOrder, price: string): void {
  open.handle.change((sheet) => {
    const rows = sheet.content.rows.map((line, at) => (at === sheet.active.row ? { ...line, unitPrice: price } : line));
    return { ...sheet, content: { ...sheet.content, rows }, past: [...sheet.past, { content: sheet.content, active: sheet.active }], future: [] };
  });
}

interface Saving {
  readonly saved: boolean;
  /** A sentence of our own, or the refusal. */
  readonly problem: string | Error | null;
  readonly busy: boolean;
  /** Saves what was typed and runs `then` on the order, all or nothing of it. */
  readonly act: (then?: string) => void;
}

function useSaving(open: OpenOrder, spec: GridSpec<OrderLine>, order: Row | null): Saving {
  const t = useTexts(ORDER_TEXTS);
  const { message } = App.useApp();
  const [, navigate] = useLocation();
  const [state, setState] = useState<{ saved: boolean; problem: string | Error | null; busy: boolean }>({ saved: false, problem: null, busy: false });
  const act = useCallback(
    (then?: string) => {
      const sheet = open.handle.latest();
      const wrong = wrongCells(sheet, spec);
      if (open.header.customerId === null) return setState({ saved: false, problem: t.customerMissing, busy: false });
      if (wrong > 0) return setState({ saved: false, problem: t.mend(wrong), busy: false });
      if (then === "sales.confirm_order" && !sheet.content.rows.some((line) => line.product !== null)) return setState({ saved: false, problem: t.noLines, busy: false });
      if (order !== null && then === undefined && !open.dirty) return undefined;
      setState({ saved: false, problem: null, busy: true });
      open.save(then).then(
        (id) => {
          setState({ saved: true, problem: null, busy: false });
          message.success(t.savedNow);
          if (order === null) navigate(`/orders/${id}`, { replace: true });
        },
        (problem: Error) => setState({ saved: false, problem, busy: false }),
      );
      return undefined;
    },
    [message, navigate, open, order, spec, t],
  );
  return { ...state, act };
}

/** Ctrl+S, wherever the focus is: what is being typed in a cell counts. */
function useKeys(save: (() => void) | null): void {
  useEffect(() => {
    if (save === null) return undefined;
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      const focused = document.activeElement;
      if (focused instanceof HTMLElement) {
        focused.blur();
        focused.focus({ preventScroll: true });
      }
      setTimeout(save, 0);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [save]);
}
