/** A quotation or an order: a new one, or one that is on the device. */
import { Button, Skeleton } from "antd";
import { useMemo, type ReactElement } from "react";
import { useParams, useSearch } from "wouter";
import { type CompanyBooks, useCompanyBooks } from "~/data/company";
import { useDevice, useTexts } from "~/data/device_context";
import { useLive, useRow } from "~/data/hooks";
import { useKept } from "~/data/use_kept";
import type { Device } from "~/device/api";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { MayMake } from "~/ui/may_make";
import { listPath } from "~/ui/paths";
import { Page } from "~/ui/page";
import { dayOf } from "~/values/moments";
import { uuid7 } from "~/values/uuid7";
import { OrderEditor } from "./editor";
import { shownLine } from "./lines";
import { ORDER_TEXTS } from "./texts";
import { headerOf, loadLines, type Opened } from "./use_order";

export default function OrderScreen(): ReactElement {
  const { id } = useParams<{ id?: string }>();
  const given = new URLSearchParams(useSearch());
  if (id !== undefined && id !== "new") return <KnownOrder key={id} id={id} />;
  const customerId = given.get("customerId") ?? given.get("customer");
  const copy = given.get("copy");
  return (
    <MayMake collection="salesOrders">
      <NewOrder key={`${customerId} ${copy}`} customerId={customerId} copy={copy} />
    </MayMake>
  );
}

function NewOrder({ customerId, copy }: { readonly customerId: string | null; readonly copy: string | null }): ReactElement {
  const device = useDevice();
  const t = useTexts(ORDER_TEXTS);
  const books = useCompanyBooks();
  const kept = useKept(`order new ${copy ?? customerId ?? ""}`, async (draft) => (await device.row("salesOrders", String(draft["id"]))) !== null);
  const { data, error } = useLive(`new order ${customerId} ${copy}`, [], () => beginning(device, books, customerId, copy));
  if (data === undefined || kept.found === undefined) return <Waiting title={t.newOne} error={error} />;
  return <OrderEditor opened={data} kept={kept} />;
}

/** In the company's currency, of the company's day: as the server would fill them in. */
async function beginning(device: Device, { currency, zone }: CompanyBooks, customerId: string | null, copy: string | null): Promise<Opened> {
  const source = copy === null ? null : await device.row("salesOrders", copy);
  const header = { customerId, orderedOn: dayOf(new Date(), zone), currency, notes: "" };
  if (source === null) return { order: null, lines: [], products: new Map(), header, copied: [] };
  const { lines, products } = await loadLines(device, source.id);
  const former = headerOf(source);
  const copied = lines.map((line) => ({ ...shownLine(line, products.get(line.productId) ?? null), id: uuid7(), packed: "" }));
  return { order: null, lines: [], products, header: { ...header, customerId: former.customerId, currency: former.currency, notes: former.notes }, copied };
}

function KnownOrder({ id }: { readonly id: string }): ReactElement {
  const device = useDevice();
  const t = useTexts(ORDER_TEXTS);
  const kept = useKept(`order ${id}`);
  const order = useRow("salesOrders", id);
  const lines = useLive(`order lines ${id}`, ["salesOrderLines", "products"], () => loadLines(device, id));
  const opened = useMemo<Opened | null>(
    () => (order.data == null || lines.data === undefined ? null : { order: order.data, lines: lines.data.lines, products: lines.data.products, header: headerOf(order.data), copied: [] }),
    [order.data, lines.data],
  );
  if (order.data === null) {
    return (
      <Page title={t.order} back="history">
        <Empty title={t.gone}>
          <Button href={listPath("salesOrders")}>{t.lastOrders}</Button>
        </Empty>
      </Page>
    );
  }
  if (opened === null || kept.found === undefined) return <Waiting title={t.order} error={order.error ?? lines.error} />;
  return <OrderEditor opened={opened} kept={kept} rows={lines.data?.rows ?? []} />;
}

function Waiting({ title, error }: { readonly title: string; readonly error: Error | null }): ReactElement {
  return (
    <Page title={title} back="history" wide>
      {error === null ? <Skeleton active paragraph={{ rows: 8 }} /> : <Failure error={error} />}
    </Page>
  );
}
