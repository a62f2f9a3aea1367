/** An editable grid: rows and columns are drawn as far as they are seen, and only the active cell can be typed into. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type ReactElement } from "react";
import { DeviceContext, useTexts } from "~/data/device_context";
import { copiedColumns, copyText, hasHeader, ontoRows, planPaste, readPlan } from "./blocks";
import { CellEditor, type EditorControls } from "./cell_editor";
import { FOOT_HEIGHT, geometryOf, HEAD_HEIGHT, NARROWEST, NUMBER_WIDTH, ROW_HEIGHT, totalWidth, widthOf } from "./geometry";
import css from "./grid.module.css";
import { GridFoot, GridHead } from "./grid_head";
import { GridLine, type VisibleColumn } from "./grid_line";
import { rawText, type GridRow, type GridSpec, type Range } from "./model";
import { errorKey, selectedRange, soundRows, writeCells, type Sheet } from "./sheet";
import { GRID_TEXTS } from "./texts";
import { readBlock } from "./tsv";
import { useDrag } from "./use_drag";
import { useGridMoves, type EnterGoes } from "./use_grid_moves";
import { readWidths, STEP_PX, writeWidths } from "./widths";
import type { SheetHandle } from "./use_sheet";

export interface GridProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  /** The grid's accessible name. */
  readonly label: string;
  readonly enterGoes?: EnterGoes;
  readonly autoFocus?: boolean;
  /** Under this name the widths of its columns are remembered on this device, for this member. */
  readonly name?: string;
  /** Of the part that scrolls: a height. */
  readonly style?: CSSProperties;
}

export function Grid<R extends GridRow>({ handle, spec, label, name, enterGoes = "right", autoFocus = false, style }: GridProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const helpId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const editor = useRef<EditorControls>(null);
  const [focused, setFocused] = useState(false);
  const [said, setSaid] = useState("");
  // Apart: what the cursor stands on is said in the same moment, and would drown it.
  const [pasted, setPasted] = useState<Pasted>({ text: "", isSeen: true });
  const { sheet } = handle;
  const { rows, errors } = sheet.content;
  const { geometry, widen, widenBy } = useWidths(name, spec, rows.length, scroller);
  const frozenWidth = widthOf(geometry, 0);
  const summed = spec.columns.some((column) => column.sum !== undefined);
  const { lines, visible, reveal, page } = useVisible(scroller, geometry, summed);
  const { carryOut } = useGridMoves(handle, spec, page, enterGoes, widenBy);
  const { fillTo, begin, beginFill } = useDrag(handle, spec, geometry, scroller);
  const { active } = sheet;
  useEffect(() => reveal(active.row, active.column), [reveal, active.row, active.column]);
  useEffect(() => {
    if (autoFocus) field.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  useEffect(() => {
    if (focused) setSaid(spoken(sheet, spec, t));
  }, [focused, sheet, spec, t]);
  const paste = usePaste(handle, spec, setPasted);
  const range = selectedRange(sheet);
  const first = active.column === 0;
  const place = { top: HEAD_HEIGHT + active.row * ROW_HEIGHT, height: ROW_HEIGHT };
  return (
    <div className={css["grid"]} data-focused={focused}>
      <div
        ref={scroller}
        className={css["scroller"]}
        style={style}
        onPointerDown={(event) => {
          if (event.target === field.current) return;
          editor.current?.settle();
          begin(event);
          field.current?.focus({ preventScroll: true });
        }}
        onDoubleClick={(event) => event.target !== field.current && editor.current?.open()}
        // The field keeps the focus whatever cell is pressed.
        onMouseDown={(event) => event.target !== field.current && event.preventDefault()}
      >
        <div className={css["canvas"]} style={{ width: totalWidth(geometry), height: HEAD_HEIGHT + rows.length * ROW_HEIGHT + (summed ? FOOT_HEIGHT : 0) }}>
          <div role="grid" aria-label={label} aria-rowcount={rows.length + (summed ? 2 : 1)} aria-colcount={spec.columns.length + 1} aria-multiselectable className={css["sheet"]}>
            <GridHead columns={spec.columns} visible={visible} frozenWidth={frozenWidth} widen={widen} />
            {lines.map((index) => {
              const row = rows[index];
              if (row === undefined) return null;
              const filling = fillTo !== null && index > range.bottom && index <= fillTo;
              const on = filling || (index >= range.top && index <= range.bottom);
              return (
                <GridLine
                  key={row.id}
                  spec={spec}
                  row={row}
                  index={index}
                  top={HEAD_HEIGHT + index * ROW_HEIGHT}
                  frozenWidth={frozenWidth}
                  visible={visible}
                  errors={errors}
                  from={on ? range.left : -1}
                  to={on ? range.right : -1}
                  filling={filling}
                />
              );
            })}
            {summed ? <GridFoot columns={spec.columns} rows={rows.length} counted={soundRows(sheet.content)} visible={visible} frozenWidth={frozenWidth} /> : null}
          </div>
          {rows.length === 0 ? null : (
            <div className={css["layer"]} style={place}>
              <CellEditor
                handle={handle}
                spec={spec}
                field={field}
                frozen={first}
                style={first ? { left: NUMBER_WIDTH, width: frozenWidth } : { left: geometry.lefts[active.column] ?? 0, width: widthOf(geometry, active.column) }}
                helpId={helpId}
                carryOut={carryOut}
                paste={paste}
                copy={() => ({ text: copyText(handle.latest(), spec), columns: copiedColumns(handle.latest(), spec) })}
                onFocusChange={setFocused}
                controls={editor}
              />
            </div>
          )}
          {rows.length === 0 || spec.locked ? null : (
            <div className={css["layer"]} style={{ top: HEAD_HEIGHT + (range.bottom + 1) * ROW_HEIGHT, height: 0 }}>
              <div
                className={`${css["handle"]} ${range.right === 0 ? css["handleFrozen"] : ""}`}
                style={{ left: (geometry.lefts[range.right + 1] ?? 0) - 5 }}
                title={t.fillHandle}
                onPointerDown={beginFill}
              />
            </div>
          )}
        </div>
      </div>
      <div id={helpId} className={css["spoken"]}>
        {t.help}
      </div>
      <div role="status" aria-live="polite" className={css["spoken"]}>
        {said}
      </div>
      <div role="status" aria-live="polite" className={pasted.isSeen ? css["spoken"] : css["told"]}>
        {pasted.text}
      </div>
    </div>
  );
}

function spoken<R extends GridRow>({ content, active }: Sheet<R>, spec: GridSpec<R>, t: { place: (column: string, row: number, text: string) => string; empty: string; wrong: (message: string) => string }): string {
  const column = spec.columns[active.column];
  const row = content.rows[active.row];
  if (column === undefined || row === undefined) return "";
  const error = content.errors.get(errorKey(row.id, column.key));
  const wrong = error?.message ?? (spec.isBlank(row) ? null : (column.check?.(row) ?? null));
  const place = t.place(column.title, active.row + 1, error?.text ?? (rawText(column, row) || t.empty));
  return wrong === null ? place : `${place}; ${t.wrong(wrong)}`;
}

/** Where there is room left, the first column takes it. */
function useWidths<R extends GridRow>(name: string | undefined, spec: GridSpec<R>, rows: number, scroller: React.RefObject<HTMLDivElement | null>) {
  const me = useContext(DeviceContext)?.me;
  const place = name === undefined || me === undefined ? null : `yunfan-widths ${me.tenantId}.${me.memberId} ${name}`;
  const [changed, setChanged] = useState(() => (place === null ? {} : readWidths(place)));
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view === null) return undefined;
    const observer = new ResizeObserver(() => setRoom(view.clientWidth));
    observer.observe(view);
    return () => observer.disconnect();
  }, [scroller]);
  const widen = useCallback(
    (column: string, width: number) =>
      setChanged((before) => {
        const now = { ...before, [column]: Math.max(NARROWEST, Math.round(width)) };
        if (place !== null) writeWidths(place, now);
        return now;
      }),
    [place],
  );
  const wanted = spec.columns.map((column) => changed[column.key] ?? column.width);
  const first = spec.columns[0];
  const spare = first === undefined || changed[first.key] !== undefined ? 0 : Math.max(0, room - NUMBER_WIDTH - wanted.reduce((sum, width) => sum + width, 0));
  const widths = wanted.map((width, at) => (at === 0 ? width + spare : width)).join(" ");
  const geometry = useMemo(() => geometryOf(widths.split(" ").map(Number), rows), [widths, rows]);
  const widenBy = useCallback(
    (at: number, step: 1 | -1) => {
      const column = spec.columns[at];
      if (column !== undefined) widen(column.key, widthOf(geometry, at) + step * STEP_PX);
    },
    [geometry, spec, widen],
  );
  return { geometry, widen, widenBy };
}

/** Which rows and columns are seen. The first column always is. */
function useVisible(scroller: React.RefObject<HTMLDivElement | null>, geometry: ReturnType<typeof geometryOf>, summed: boolean) {
  const columns = geometry.lefts.length - 1;
  const frozenEnd = geometry.lefts[1] ?? NUMBER_WIDTH;
  const down = useVirtualizer({
    count: geometry.rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
    paddingStart: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
    scrollPaddingEnd: summed ? FOOT_HEIGHT : 0,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: Math.max(0, columns - 1),
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widthOf(geometry, index + 1),
    overscan: 2,
    paddingStart: frozenEnd,
    scrollPaddingStart: frozenEnd,
  });
  useEffect(() => across.measure(), [across, geometry.lefts]);
  const seen = across.getVirtualItems().map((item) => item.index + 1).join(" ");
  const visible = useMemo<readonly VisibleColumn[]>(
    () => (seen === "" ? [] : seen.split(" ").map((text) => ({ index: Number(text), left: geometry.lefts[Number(text)] ?? 0, width: widthOf(geometry, Number(text)) }))),
    [seen, geometry],
  );
  const reveal = useCallback(
    (row: number, column: number) => {
      down.scrollToIndex(row, { align: "auto" });
      if (column > 0) across.scrollToIndex(column - 1, { align: "auto" });
    },
    [down, across],
  );
  const page = useCallback(() => Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - HEAD_HEIGHT - FOOT_HEIGHT) / ROW_HEIGHT) - 1), [scroller]);
  return { lines: down.getVirtualItems().map((item) => item.index), visible, reveal, page };
}

/** What a paste came to. `isSeen`: the cells themselves show it. */
interface Pasted {
  readonly text: string;
  readonly isSeen: boolean;
}

function usePaste<R extends GridRow>(handle: SheetHandle<R>, spec: GridSpec<R>, say: (pasted: Pasted) => void): (text: string, columns: string) => void {
  const t = useTexts(GRID_TEXTS);
  return useCallback(
    (text, columns) => {
      if (spec.locked || text === "") return;
      const block = readBlock(text);
      const headings = hasHeader(spec, block) ? block[0] : undefined;
      const plan = planPaste(handle.latest(), spec, headings === undefined ? block : block.slice(1), headings === undefined ? { columns } : { headings });
      readPlan(spec, plan).then(
        (read) => {
          const { writes, lost } = ontoRows(handle.latest(), spec, plan, read);
          handle.change((now) => selected(writeCells(now, spec, writes), plan.range, writes.map(({ row }) => row)));
          const { rows, errors } = handle.latest().content;
          const wrong = writes.filter(({ row, column }) => errors.has(errorKey(rows[row]?.id ?? "", column))).length;
          const dropped = plan.dropped + lost;
          const said = [plan.cut > 0 ? t.cut(plan.cut, plan.most) : t.pasted(writes.length, wrong), ...(headings === undefined ? [] : [t.headed]), ...(dropped > 0 ? [t.dropped(dropped)] : [])];
          say({ text: said.join(t.joined), isSeen: said.length === 1 && plan.cut === 0 });
        },
        (failed: Error) => say({ text: t.wrong(failed.message), isSeen: false }),
      );
    },
    [handle, spec, say, t],
  );
}

/** What was written is selected, wherever its rows stand by now. */
function selected<R extends GridRow>(sheet: Sheet<R>, range: Range, rows: readonly number[]): Sheet<R> {
  if (rows.length === 0) return sheet;
  const [top, bottom] = [rows.reduce((one, other) => Math.min(one, other)), rows.reduce((one, other) => Math.max(one, other))];
  return { ...sheet, anchor: { row: top, column: range.left }, active: { row: Math.min(bottom, sheet.content.rows.length - 1), column: range.right } };
}
