/** Counting: by camera, by a scanner that types, by hand. What was counted survives everything until it is posted. */
import { Alert, Button, Modal, Popconfirm, Skeleton, Switch } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Product } from "~/data/products";
import { useKept, type Kept } from "~/data/use_kept";
import { useCompact, useWidth } from "~/ui/compact";
import { Failure } from "~/ui/failure";
import { GridCards } from "~/ui/grid/cards";
import { Grid } from "~/ui/grid/grid";
import { errorsKept, keptErrors } from "~/ui/grid/kept_errors";
import { changed, enriched, moveTo, replaceRows, wrongCells, wrongRows } from "~/ui/grid/sheet";
import { GridToolbar } from "~/ui/grid/toolbar";
import { useSheet, type SheetHandle } from "~/ui/grid/use_sheet";
import { NoWarehouse } from "~/ui/no_warehouse";
import { Page } from "~/ui/page";
import { ReferencePicker } from "~/ui/reference_picker";
import { ScanBar } from "~/ui/scan/scan_bar";
import type { Json, JsonObject } from "~/values/json";
import { grouped } from "~/values/money";
import { uuid7 } from "~/values/uuid7";
import { useCountSpec } from "./columns";
import css from "./count.module.css";
import { keepLeft, type Codes } from "./left_codes";
import { LeftCodes } from "./left_codes_list";
import { countedTwice, differenceIn, emptyCountLine, isBlankCount, needsBook, postCalls, readBooks, scannedOnce, type CountLine } from "./lines";
import { COUNT_TEXTS } from "./texts";
import { UnknownCodes } from "./unknown_codes";

interface Draft {
  readonly id: string;
  readonly warehouseId: string | null;
  readonly blind: boolean;
  readonly lines: readonly CountLine[];
  readonly unknown: Readonly<Record<string, number>>;
  /** What could not be read in the lines (`keptErrors`). */
  readonly errors?: Json;
}

export function CountEntry(): ReactElement {
  const device = useDevice();
  const t = useTexts(COUNT_TEXTS);
  const kept = useKept("count new", async (draft) => (await device.row("stockCounts", String(draft["id"]))) !== null);
  const warehouses = useList({ collection: "warehouses", orderBy: [{ field: "name" }], limit: 2 });
  if (kept.found === undefined || warehouses.data === undefined) {
    return (
      <Page title={t.newOne} back="history" wide>
        {warehouses.error === null ? <Skeleton active /> : <Failure error={warehouses.error} />}
      </Page>
    );
  }
  if (warehouses.data.total === 0) {
    return (
      <Page title={t.newOne} back="history">
        <NoWarehouse back="/counts/new" />
      </Page>
    );
  }
  const only = warehouses.data.total === 1 ? (warehouses.data.rows[0]?.id ?? null) : null;
  return <Counting kept={kept} only={only} />;
}

function Counting({ kept, only }: { readonly kept: Kept; readonly only: string | null }): ReactElement {
  const t = useTexts(COUNT_TEXTS);
  const phone = useCompact();
  const found = useRef(readDraft(kept.found ?? null));
  const [warehouseId, setWarehouseId] = useState(found.current?.warehouseId ?? only);
  const [blind, setBlind] = useState(found.current?.blind ?? false);
  const [unknown, setUnknown] = useState(found.current?.unknown ?? {});
  const [restored, setRestored] = useState(found.current !== null);
  const [last, setLast] = useState<string | null>(null);
  const id = useRef(found.current?.id ?? uuid7());
  const handle = useSheet<CountLine>(() => found.current?.lines ?? [emptyCountLine()], () => errorsKept(found.current?.errors));
  const { rows: lines, errors } = handle.sheet.content;
  const twice = useMemo(() => countedTwice(lines), [lines]);
  const spec = useCountSpec({ blind, locked: false, twice, narrow: useWidth() === "tablet" });
  const error = useBooks(handle, warehouseId);
  useEffect(() => {
    const draft: Draft = { id: id.current, warehouseId, blind, lines, unknown, errors: keptErrors(errors) };
    if (lines.some((line) => !isBlankCount(line)) || errors.size > 0 || Object.keys(unknown).length > 0) kept.keep(draft as unknown as JsonObject);
  }, [kept, warehouseId, blind, lines, errors, unknown]);
  const add = useCallback(
    (product: Product) => {
      handle.change((now) => {
        const scanned = scannedOnce(now.content.rows, product, wrongRows(now.content));
        return moveTo(changed(now, { ...now.content, rows: scanned.lines }), { row: scanned.at, column: spec.columns.findIndex(({ key }) => key === "counted") }, spec.columns.length);
      });
      const line = handle.latest().content.rows.findLast((one) => one.product?.id === product.id);
      setLast(t.just(product.name, grouped(line?.counted ?? "1")));
    },
    [handle, spec, t],
  );
  const startOver = async () => {
    handle.change((now) => replaceRows(now, [emptyCountLine()]));
    setUnknown({});
    setRestored(false);
    setLast(null);
    id.current = uuid7();
    await kept.drop();
  };
  const counted = lines.filter((line) => line.product !== null).length;
  return (
    <Page title={t.newOne} back="history" wide help="counts" keepsActions actions={<PostButton handle={handle} spec={spec} blind={blind} warehouseId={warehouseId} countId={id} unknown={unknown} kept={kept} />}>
      <div className={css["head"]}>
        <div className={css["warehouse"]}>
          <ReferencePicker collection="warehouses" label={t.warehouse} placeholder={t.warehouse} value={warehouseId} onChange={setWarehouseId} clearable={false} disabled={counted > 0} autoFocus={warehouseId === null} takesNew />
        </div>
        <label className={css["blind"]} title={t.blindWhy}>
          <Switch checked={blind} onChange={setBlind} aria-label={t.blind} /> {t.blind}
        </label>
        {counted === 0 ? null : (
          <Popconfirm title={t.discardWhy} onConfirm={startOver}>
            <Button type="text">{t.discard}</Button>
          </Popconfirm>
        )}
      </div>
      {restored ? <Alert type="info" showIcon closable title={t.restored(kept.others)} className={css["notice"] ?? ""} /> : null}
      <Failure error={error} />
      {warehouseId === null ? <p className={css["hint"]}>{t.chooseFirst}</p> : null}
      <ScanBar disabled={warehouseId === null} onProduct={add} onUnknown={(code) => setUnknown((before) => ({ ...before, [code]: (before[code] ?? 0) + 1 }))} />
      <p className={css["last"]} role="status">
        {last}
      </p>
      <UnknownCodes codes={unknown} drop={(code) => setUnknown((before) => without(before, code))} found={(code, product) => {
        for (let time = 0; time < (unknown[code] ?? 1); time++) add(product);
        setUnknown((before) => without(before, code));
      }} />
      <LeftCodes countId={null} />
      {phone ? (
        <GridCards handle={handle} spec={spec} label={t.lines} />
      ) : (
        <>
          <GridToolbar handle={handle} spec={spec} />
          <Grid handle={handle} spec={spec} name="count" label={t.lines} style={{ height: Math.min(Math.max(lines.length, 8), 16) * 32 + 86 }} />
        </>
      )}
    </Page>
  );
}

function without(codes: Readonly<Record<string, number>>, code: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(codes).filter(([one]) => one !== code));
}

/** Whenever a count changes, what the book says at that moment stands beside it. */
function useBooks(handle: SheetHandle<CountLine>, warehouseId: string | null): Error | null {
  const device = useDevice();
  const [error, setError] = useState<Error | null>(null);
  const lines = handle.sheet.content.rows;
  useEffect(() => {
    if (warehouseId === null || !lines.some(needsBook)) return;
    readBooks(device, warehouseId, lines).then(
      (books) => handle.change((now) => enriched(now, (line) => {
        const book = books.get(line.id);
        return book !== undefined && needsBook({ ...line, book }) === false ? { ...line, book } : line;
      })),
      setError,
    );
  }, [device, handle, lines, warehouseId]);
  return error;
}

function readDraft(found: JsonObject | null): Draft | null {
  // Written by this very screen; another form of it is that of an older app.
  if (found === null || typeof found["id"] !== "string" || !Array.isArray(found["lines"]) || !isCodes(found["unknown"])) return null;
  return found as unknown as Draft;
}

function isCodes(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface PostProps {
  readonly handle: SheetHandle<CountLine>;
  readonly spec: ReturnType<typeof useCountSpec>;
  readonly blind: boolean;
  readonly warehouseId: string | null;
  readonly countId: { readonly current: string };
  readonly unknown: Codes;
  readonly kept: Kept;
}

function PostButton({ handle, spec, blind, warehouseId, countId, unknown, kept }: PostProps): ReactElement {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(COUNT_TEXTS);
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | Error | null>(null);
  const further = useRef<string[]>([]);
  const lines = handle.sheet.content.rows.filter((line) => !isBlankCount(line));
  const off = lines.map(differenceIn);
  const ask = () => {
    const wrong = wrongCells(handle.latest(), spec);
    setProblem(wrong > 0 ? t.mend(wrong) : lines.length === 0 ? t.nothing : null);
    setAsking(true);
  };
  const post = async () => {
    if (warehouseId === null) return;
    try {
      // Whatever was typed at last has its book by now, or gets it here.
      const books = await readBooks(device, warehouseId, handle.latest().content.rows);
      const ready = handle.latest().content.rows.map((line) => ({ ...line, book: books.get(line.id) ?? line.book }));
      await device.mutateAll(postCalls(warehouseId, ready, (part) => (part === 0 ? countId.current : (further.current[part] ??= uuid7()))), `count ${countId.current}`);
      await keepLeft(device, countId.current, unknown);
      await kept.drop();
      setAsking(false);
      navigate(`/counts/${countId.current}`, { replace: true });
    } catch (failed) {
      setProblem(failed instanceof Error ? failed : new Error(String(failed)));
    }
  };
  const mending = typeof problem === "string";
  const codes = Object.values(unknown);
  return (
    <>
      <Button type="primary" disabled={lines.length === 0 || warehouseId === null} onClick={ask}>
        {t.post}
      </Button>
      <Modal open={asking} title={t.postTitle(lines.length)} okText={t.post} onOk={() => void post()} okButtonProps={{ disabled: mending }} onCancel={() => setAsking(false)} destroyOnHidden>
        {mending ? <Alert type="warning" showIcon title={problem} /> : <Failure error={problem} />}
        <p lang={language}>{blind ? t.postBlind : t.postWhy(off.filter((text) => text !== "" && text !== "0" && !text.startsWith("-")).length, off.filter((text) => text.startsWith("-")).length)}</p>
        {codes.length === 0 ? null : <Alert type="warning" showIcon title={t.unknownAt(codes.length, codes.reduce((sum, times) => sum + times, 0))} />}
      </Modal>
    </>
  );
}
