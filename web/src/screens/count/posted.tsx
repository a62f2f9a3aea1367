/** A count as it was posted: what was counted, what the book said then, and the difference. */
import { Button, Skeleton } from "antd";
import { useEffect, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useDevice, useTexts } from "~/data/device_context";
import { useLive, useRow } from "~/data/hooks";
import { productsById } from "~/data/products";
import type { Device, Row } from "~/device/api";
import { useCompact, useWidth } from "~/ui/compact";
import { useDescribed } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { FieldValue } from "~/ui/field_value";
import { GridCards } from "~/ui/grid/cards";
import { Grid } from "~/ui/grid/grid";
import { replaceRows } from "~/ui/grid/sheet";
import { useSheet } from "~/ui/grid/use_sheet";
import { Page } from "~/ui/page";
import { StateBadge } from "~/ui/state_badge";
import { shortest } from "~/values/money";
import { say } from "~/values/words";
import { useLanguage } from "~/data/device_context";
import { useCountSpec } from "./columns";
import css from "./count.module.css";
import { LeftCodes } from "./left_codes_list";
import { differenceIn, type CountLine } from "./lines";
import { COUNT_TEXTS } from "./texts";

const NONE: ReadonlySet<string> = new Set();

export function PostedCount({ id }: { readonly id: string }): ReactElement {
  const device = useDevice();
  const t = useTexts(COUNT_TEXTS);
  const [, navigate] = useLocation();
  const count = useRow("stockCounts", id);
  const lines = useLive(`count ${id}`, ["stockCountLines", "products"], () => linesOf(device, id));
  if (count.data === null) {
    return (
      <Page title={t.posted} back="history">
        <Empty title={t.gone} />
      </Page>
    );
  }
  if (count.data === undefined || lines.data === undefined) {
    return (
      <Page title={t.posted} back="history" wide>
        {count.error === null && lines.error === null ? <Skeleton active /> : <Failure error={count.error ?? lines.error} />}
      </Page>
    );
  }
  const actions = <Button onClick={() => navigate("/counts/new")}>{t.another}</Button>;
  return (
    <Page title={t.posted} back="history" wide aside={<StateBadge state={count.data._state} />} actions={actions} help="counts">
      <Facts count={count.data} />
      <LeftCodes countId={id} />
      <Lines lines={lines.data} />
    </Page>
  );
}

function Facts({ count }: { readonly count: Row }): ReactElement {
  const described = useDescribed("stockCounts");
  const language = useLanguage();
  const fields = ["warehouseId", "state", "postedAt", "postedById"].flatMap((name) => described?.field(name) ?? []);
  return (
    <dl className={css["facts"]}>
      {fields.filter((field) => count[field.name] != null).map((field) => (
        <div key={field.name}>
          <dt>{say(field.label, language)}</dt>
          <dd>
            <FieldValue field={field} row={count} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Lines({ lines }: { readonly lines: readonly CountLine[] }): ReactElement {
  const t = useTexts(COUNT_TEXTS);
  const phone = useCompact();
  const handle = useSheet(() => lines);
  const spec = useCountSpec({ blind: false, locked: true, twice: NONE, narrow: useWidth() === "tablet" });
  useEffect(() => handle.change((now) => replaceRows(now, lines)), [handle.change, lines]);
  return (
    <>
      <p className={css["soft"]}>{t.summary(lines.length, lines.filter((line) => !["", "0"].includes(differenceIn(line))).length)}</p>
      {phone ? <GridCards handle={handle} spec={spec} label={t.lines} /> : <Grid handle={handle} spec={spec} name="count posted" label={t.lines} style={{ height: Math.min(lines.length, 18) * 32 + 86 }} />}
    </>
  );
}

async function linesOf(device: Device, countId: string): Promise<readonly CountLine[]> {
  const { rows } = await device.list({ collection: "stockCountLines", where: [{ field: "countId", op: "eq", value: countId }], orderBy: [{ field: "createdAt" }], limit: 10_000 });
  const products = await productsById(device, rows.map((row) => String(row["productId"])));
  return rows.map((row) => ({
    id: row.id,
    product: products.get(String(row["productId"])) ?? null,
    counted: shortest(String(row["counted"] ?? "")),
    book: { of: "", expected: shortest(String(row["expected"] ?? "0")), after: null, countedAt: null },
  }));
}
