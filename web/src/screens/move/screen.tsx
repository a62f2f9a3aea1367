/** Goods in or out without a document: scanned or typed, several at once. */
import { Alert, Button, Input, Segmented } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { findProducts, offerProducts, type Product } from "~/data/products";
import { useKept, type Kept } from "~/data/use_kept";
import type { Device } from "~/device/api";
import { useCompact } from "~/ui/compact";
import { creationLabel } from "~/ui/creations";
import { Failure } from "~/ui/failure";
import { GridCards } from "~/ui/grid/cards";
import { Grid } from "~/ui/grid/grid";
import type { GridColumn, GridRow, GridSpec, Written } from "~/ui/grid/model";
import { PRODUCT_HEADINGS, PRODUCT_NAMES, QUANTITY_NAMES } from "~/ui/grid/headings";
import { errorsKept, keptErrors } from "~/ui/grid/kept_errors";
import { changed, moveTo, replaceRows, wrongCells, wrongRows } from "~/ui/grid/sheet";
import { GridToolbar } from "~/ui/grid/toolbar";
import { writtenQuantity } from "~/ui/grid/typed";
import { useSheet } from "~/ui/grid/use_sheet";
import { choiceLabel, fieldLabel, fieldNames } from "~/ui/labels";
import { NoWarehouse } from "~/ui/no_warehouse";
import { MayMake } from "~/ui/may_make";
import { Page } from "~/ui/page";
import { listPath } from "~/ui/paths";
import { ReferencePicker } from "~/ui/reference_picker";
import { ScanBar } from "~/ui/scan/scan_bar";
import type { Json, JsonObject } from "~/values/json";
import { grouped } from "~/values/money";
import { isLineQuantity, sumOf } from "~/values/pricing";
import { uuid7 } from "~/values/uuid7";
import type { Language, Texts } from "~/values/words";
import css from "./move.module.css";

const TEXTS = {
  lines: ["商品明细", "Goods"],
  unit: ["单位", "Unit"],
  post: (kind: string) => [`登记${kind}`, `Record ${kind.toLowerCase()}`],
  restored: (others: number) => [others === 0 ? "已恢复上次未登记的内容。" : `已恢复上次未登记的内容。另有 ${others} 份未完成的，处理完这份后再打开即可继续。`, others === 0 ? "What was not recorded last time is back." : `What was not recorded last time is back. ${others} more wait: they come back here once this one is done.`],
  discard: ["清空", "Clear"],
  severalProducts: (text: string) => [`“${text}”对应多个商品，请在列表中选择`, `“${text}” fits several products: choose one`],
  unknown: (code: string) => [`没有商品的编码是“${code}”。请检查条码，或按名称查找。`, `No product has the code “${code}”. Check it, or look it up by name.`],
  productMissing: ["请选择商品", "Choose a product"],
  quantityMissing: ["请填写数量", "Enter a quantity"],
  wrongQuantity: ["数量须大于 0，最多 9 位小数", "More than 0, at most 9 decimals"],
  noNumber: ["请输入数字", "Enter a number"],
  noProduct: (text: string) => [`找不到商品“${text}”`, `No product “${text}”`],
  mend: (cells: number) => [`有 ${cells} 处内容有误，请先修正标红的单元格。`, `${cells} cells are wrong: mend those marked red first.`],
  warehouseMissing: ["请选择仓库", "Choose a warehouse"],
  direction: ["方向", "Direction"],
} satisfies Texts;

interface MoveLine extends GridRow {
  readonly product: Product | null;
  readonly quantity: string;
}

type Kind = "receipt" | "issue";
type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

const emptyMove = (): MoveLine => ({ id: uuid7(), product: null, quantity: "" });
const isBlank = (line: MoveLine) => line.product === null && line.quantity === "";

export default function MoveScreen(): ReactElement {
  return (
    <MayMake collection="stockMoves">
      <Beginning />
    </MayMake>
  );
}

function Beginning(): ReactElement {
  const language = useLanguage();
  const device = useDevice();
  const kept = useKept("move new", (draft) => isRecorded(device, draft));
  const warehouses = useList({ collection: "warehouses", limit: 2 });
  if (kept.found === undefined || warehouses.data === undefined) return <Page title={creationLabel("stockMoves", language)} back="history" wide>{null}</Page>;
  if (warehouses.data.total === 0) {
    return (
      <Page title={creationLabel("stockMoves", language)} back="history">
        <NoWarehouse back="/moves/new" />
      </Page>
    );
  }
  return <Moving kept={kept} only={warehouses.data.total === 1 ? (warehouses.data.rows[0]?.id ?? null) : null} />;
}

interface Draft {
  readonly kind: Kind;
  readonly warehouseId: string | null;
  readonly note: string;
  readonly lines: readonly MoveLine[];
  /** What could not be read in them (`keptErrors`). */
  readonly errors?: Json;
}

function Moving({ kept, only }: { readonly kept: Kept; readonly only: string | null }): ReactElement {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const [, navigate] = useLocation();
  const draft = useRef(readDraft(kept.found ?? null));
  const [kind, setKind] = useState<Kind>(draft.current?.kind ?? "receipt");
  const [warehouseId, setWarehouseId] = useState(draft.current?.warehouseId ?? only);
  const [note, setNote] = useState(draft.current?.note ?? "");
  const [problem, setProblem] = useState<string | Error | null>(null);
  const [restored, setRestored] = useState(draft.current !== null);
  const handle = useSheet<MoveLine>(() => draft.current?.lines ?? [emptyMove()], () => errorsKept(draft.current?.errors));
  const { rows: lines, errors } = handle.sheet.content;
  const spec = useMoveSpec(device, language, t);
  useEffect(() => {
    const now: Draft = { kind, warehouseId, note, lines, errors: keptErrors(errors) };
    if (lines.some((line) => !isBlank(line)) || errors.size > 0) kept.keep(now as unknown as JsonObject);
  }, [kept, kind, warehouseId, note, lines, errors]);
  const add = useCallback(
    (product: Product) => {
      setProblem(null);
      handle.change((now) => {
        // In which something could not be read stay as they are.
        const wrong = wrongRows(now.content);
        const rows = now.content.rows.filter((line) => !isBlank(line) || wrong.has(line.id));
        const at = rows.findIndex((line) => line.product?.id === product.id && !wrong.has(line.id));
        const line = rows[at];
        const next = line === undefined ? [...rows, { ...emptyMove(), product, quantity: "1" }] : rows.with(at, { ...line, quantity: sumOf([line.quantity, "1"]) });
        return moveTo(changed(now, { ...now.content, rows: next }), { row: line === undefined ? next.length - 1 : at, column: 2 }, spec.columns.length);
      });
    },
    [handle, spec],
  );
  const clear = async () => {
    handle.change((now) => replaceRows(now, [emptyMove()]));
    setRestored(false);
    await kept.drop();
  };
  const post = async () => {
    const said = handle.latest().content.rows.filter((line) => !isBlank(line));
    const wrong = wrongCells(handle.latest(), spec);
    if (warehouseId === null) return setProblem(t.warehouseMissing);
    if (wrong > 0) return setProblem(t.mend(wrong));
    const sign = kind === "receipt" ? "" : "-";
    const shared = { warehouseId, kind, ...(note.trim() === "" ? {} : { note: note.trim() }) };
    try {
      await device.mutateAll(
        said.map((line) => ({ command: "inventory.record_stock_move", args: { id: line.id, productId: line.product?.id ?? "", quantity: `${sign}${line.quantity}`, ...shared } })),
        `moves ${said[0]?.id}`,
      );
      await clear();
      navigate(listPath("stockMoves"));
    } catch (failed) {
      setProblem(failed instanceof Error ? failed : new Error(String(failed)));
    }
    return undefined;
  };
  const kindName = choiceLabel("stockMoves", "kind", kind, language);
  const filled = errors.size > 0 || lines.some((line) => !isBlank(line));
  const actions = (
    <Button type="primary" disabled={!filled} onClick={() => void post()}>
      {t.post(kindName)}
    </Button>
  );
  return (
    <Page title={creationLabel("stockMoves", language)} back="history" wide keepsActions actions={actions} help="stock">
      {restored && filled ? <Alert type="info" showIcon className={css["notice"] ?? ""} title={t.restored(kept.others)} action={<Button size="small" onClick={() => void clear()}>{t.discard}</Button>} /> : null}
      {typeof problem === "string" ? <Alert type="warning" showIcon className={css["notice"] ?? ""} title={problem} /> : <Failure error={problem} />}
      <div className={css["head"]}>
        <Segmented aria-label={t.direction} value={kind} onChange={setKind} options={(["receipt", "issue"] as const).map((value) => ({ value, label: choiceLabel("stockMoves", "kind", value, language) }))} />
        <div className={css["warehouse"]}>
          <ReferencePicker collection="warehouses" label={fieldLabel("stockMoves", "warehouseId", language)} placeholder={fieldLabel("stockMoves", "warehouseId", language)} value={warehouseId} onChange={setWarehouseId} clearable={false} takesNew />
        </div>
        <Input className={css["note"] ?? ""} value={note} placeholder={fieldLabel("stockMoves", "note", language)} aria-label={fieldLabel("stockMoves", "note", language)} onChange={(event) => setNote(event.target.value)} />
      </div>
      <ScanBar onProduct={add} onUnknown={(code) => setProblem(t.unknown(code))} />
      <div className={css["lines"]}>
        {phone ? (
          <GridCards handle={handle} spec={spec} label={t.lines} />
        ) : (
          <>
            <GridToolbar handle={handle} spec={spec} />
            <Grid handle={handle} spec={spec} name="move" label={t.lines} style={{ height: Math.min(Math.max(lines.length, 6), 14) * 32 + 86 }} />
          </>
        )}
      </div>
    </Page>
  );
}

/** Recorded all at once: where one of its lines is a movement, all are. */
async function isRecorded(device: Device, draft: JsonObject): Promise<boolean> {
  const ids = (readDraft(draft)?.lines ?? []).filter((line) => !isBlank(line)).map((line) => line.id);
  return ids.length > 0 && (await device.rows("stockMoves", ids)).length > 0;
}

function readDraft(found: JsonObject | null): Draft | null {
  // Written by this very screen; another form of it is that of an older app.
  if (found === null || !Array.isArray(found["lines"]) || typeof found["note"] !== "string") return null;
  return found as unknown as Draft;
}

function useMoveSpec(device: Device, language: Language, t: Said): GridSpec<MoveLine> {
  return useMemo(
    () => ({
      columns: [
        productColumn(device, language, t),
        { key: "code", title: fieldLabel("products", "code", language), width: 130, readOnly: true, text: (line) => line.product?.code ?? "" },
        quantityColumn(language, t),
        { key: "unit", title: t.unit, width: 80, readOnly: true, text: (line) => line.product?.unit ?? "" },
      ],
      newRow: emptyMove,
      isBlank,
      duplicate: (line) => ({ ...line, id: uuid7() }),
      locked: false,
      mostRows: 500,
      headings: [...fieldNames("stockMoves", "productId", "quantity"), ...PRODUCT_HEADINGS],
    }),
    [device, language, t],
  );
}

function productColumn(device: Device, language: Language, t: Said): GridColumn<MoveLine> {
  return {
    key: "product",
    title: fieldLabel("stockMoves", "productId", language),
    names: PRODUCT_NAMES,
    width: 260,
    text: (line) => line.product?.name ?? "",
    raw: (line) => line.product?.code || line.product?.name || "",
    emptied: (line) => ({ ...line, product: null }),
    write: (text) => (text === "" ? { apply: (line) => ({ ...line, product: null }) } : { error: t.noProduct(text) }),
    writeMany: async (texts) => {
      const found = await findProducts(device, texts);
      return texts.map((text, at): Written<MoveLine> => {
        const one = found[at];
        if (text === "") return { apply: (line) => ({ ...line, product: null }) };
        if (one !== undefined && "product" in one) return { apply: (line) => ({ ...line, product: one.product }) };
        return { error: one === undefined || one.several.length === 0 ? t.noProduct(text) : t.severalProducts(text) };
      });
    },
    copy: (from, to) => ({ ...to, product: from.product }),
    lookup: async (text) => (await offerProducts(device, text)).map((product) => ({ key: product.id, label: product.name, detail: product.code, alike: product.alike === true, apply: (line) => ({ ...line, product }) })),
    check: (line) => (line.product === null ? t.productMissing : null),
  };
}

function quantityColumn(language: Language, t: Said): GridColumn<MoveLine> {
  return {
    key: "quantity",
    figure: true,
    title: fieldLabel("stockMoves", "quantity", language),
    names: [...fieldNames("stockMoves", "quantity"), ...QUANTITY_NAMES],
    width: 130,
    align: "end",
    inputMode: "decimal",
    text: (line) => grouped(line.quantity),
    raw: (line) => line.quantity,
    emptied: (line) => ({ ...line, quantity: "" }),
    write: (text) =>
      writtenQuantity(
        text,
        (line) => line.product?.unit ?? "",
        (quantity) => (quantity !== "" && !isLineQuantity(quantity) ? { error: t.wrongQuantity } : { apply: (line) => ({ ...line, quantity }) }),
        t.noNumber,
      ),
    check: (line) => (line.quantity === "" ? t.quantityMissing : null),
    sum: (lines) => grouped(sumOf(lines.map((line) => line.quantity))),
  };
}
