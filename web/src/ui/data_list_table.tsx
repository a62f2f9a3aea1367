/** The list as a table: virtual rows, sticky head and first column, all of it by keyboard. */
import { CaretDownOutlined, CaretRightOutlined, CaretUpOutlined } from "@ant-design/icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Checkbox } from "antd";
import { memo, useCallback, useEffect, useId, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Segment } from "~/data/list_windows";
import type { Order, Row } from "~/device/api";
import type { Texts } from "~/values/words";
import { HIGHEST_PX, type Column, type Selection, type ShownProps } from "./data_list";
import styles from "./data_list.module.css";
import { useMoreBeyond, useRestOfWindow } from "./data_list_edges";
import { StateBadge } from "./state_badge";

const TEXTS = {
  selectAll: ["选择已显示的全部", "Select all that are listed"],
  selectRow: ["选择这一行", "Select this row"],
  resize: (title: string) => [`调整“${title}”的列宽，左右方向键也可以`, `Width of “${title}”: drag, or use the arrow keys`],
  cut: (rows: string) => [`只显示前 ${rows} 条，请用筛选缩小范围`, `Only the first ${rows} are shown: narrow the list by a filter`],
  open: ["展开", "Open"],
  close: ["收起", "Close"],
} satisfies Texts;

const ROW_PX = 36;
const MOST_SELECTED = 5_000;
const WIDTHS = { least: 64, most: 640 };

export function TableList(props: ShownProps): ReactNode {
  const { windows, columns, selection, onTotal } = props;
  const t = useTexts(TEXTS);
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRestOfWindow(scroller);
  const template = [selection === undefined ? "" : "40px", ...columns.map((column) => `${column.width}px`), "minmax(0, 1fr)"].join(" ");
  useMoreBeyond(scroller, template);
  const count = Math.min(windows.length, Math.floor(HIGHEST_PX / ROW_PX));
  const virtual = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 12, scrollPaddingStart: ROW_PX });
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => windows.need(first, last), [windows, first, last]);
  const total = windows.total;
  useEffect(() => onTotal?.(total), [onTotal, total]);
  const focus = useActiveRow(props, count, (index) => virtual.scrollToIndex(index, { align: "auto" }), height);
  const acts = useActs(props, focus);
  const whole = useAll(props);
  const id = useId();
  return (
    <div className={styles["frame"]}>
      <div
        ref={scroller}
        role={windows.segments.some(({ headed }) => headed) ? "treegrid" : "grid"} // only there may a row be opened and closed
        aria-label={props.label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        aria-multiselectable={selection !== undefined}
        aria-activedescendant={`${id}-${focus.active}`}
        tabIndex={0}
        className={styles["grid"]}
        style={{ maxHeight: height, "--columns": template } as CSSProperties}
        onKeyDown={focus.keys}
      >
        <Head columns={columns} order={props.order ?? null} onOrder={props.onOrder} onResize={props.onResize} selection={selection} {...whole} />
        <div style={{ height: virtual.getTotalSize(), position: "relative" }} role="rowgroup">
          {shown.map(({ index, start }) => {
            const item = windows.itemAt(index);
            if (item === null) return null;
            const place = { id: `${id}-${index}`, top: start, index, isActive: index === focus.active, hasFocusRing: index === focus.active && focus.byKeyboard };
            return item.kind === "head" ? (
              <GroupLine key={`head ${item.segment.key}`} {...props} {...place} segment={item.segment} />
            ) : (
              <Line
                key={`at ${index}`} // other rows in the same place change texts, and make no elements
                {...place}
                row={item.row}
                columns={columns}
                isSelected={selection === undefined ? null : item.row !== undefined && selection.ids.has(item.row.id)}
                acts={acts}
              />
            );
          })}
        </div>
      </div>
      {count < windows.length && <p className={styles["cut"]}>{t.cut(count.toLocaleString())}</p>}
    </div>
  );
}

interface HeadProps {
  readonly columns: readonly Column[];
  readonly order: Order | null;
  readonly onOrder: ShownProps["onOrder"] | undefined;
  readonly onResize: ShownProps["onResize"] | undefined;
  readonly selection: Selection | undefined;
  readonly all: boolean;
  toggleAll(): void;
}

/** Drawn when something of it changes, not with every other row. */
const Head = memo(function Head({ columns, order, onOrder, onResize, selection, all, toggleAll }: HeadProps): ReactNode {
  const t = useTexts(TEXTS);
  const some = selection !== undefined && selection.ids.size > 0;
  return (
    <div role="row" aria-rowindex={1} className={styles["head"]}>
      {selection !== undefined && (
        <span role="columnheader" className={styles["pick"]}>
          <Checkbox aria-label={t.selectAll} checked={all} indeterminate={some && !all} onChange={toggleAll} />
        </span>
      )}
      {columns.map((column) => (
        <HeadCell key={column.key} column={column} order={order} onOrder={onOrder} onResize={onResize} resizeLabel={t.resize(column.title)} />
      ))}
    </div>
  );
});

/** Whether all that is listed is selected, and the way to that and back. */
function useAll({ windows, selection }: ShownProps): { readonly all: boolean; toggleAll(): void } {
  const all = selection !== undefined && selection.ids.size > 0 && selection.ids.size >= Math.min(windows.total, MOST_SELECTED);
  const latest = useRef({ windows, selection, all });
  latest.current = { windows, selection, all };
  const toggleAll = useCallback(() => {
    const { windows: listed, selection: into, all: isAll } = latest.current;
    if (into === undefined) return;
    if (isAll) into.set(new Set());
    else void listed.rowsBetween(0, listed.length - 1, MOST_SELECTED).then((rows) => into.set(new Set(rows.map((row) => row.id))));
  }, []);
  return { all, toggleAll };
}

interface HeadCellProps {
  readonly column: Column;
  readonly order: Order | null;
  readonly onOrder: ShownProps["onOrder"] | undefined;
  readonly onResize: ShownProps["onResize"] | undefined;
  readonly resizeLabel: string;
}

function HeadCell({ column, order, onOrder, onResize, resizeLabel }: HeadCellProps): ReactNode {
  const isSorted = column.sortBy !== undefined && order?.field === column.sortBy;
  const next = (): void => {
    if (column.sortBy === undefined) return;
    if (!isSorted) onOrder?.({ field: column.sortBy });
    else onOrder?.(order?.desc === true ? null : { field: column.sortBy, desc: true });
  };
  const sorting = isSorted ? (order?.desc === true ? "descending" : "ascending") : "none";
  return (
    <span role="columnheader" aria-sort={column.sortBy === undefined ? undefined : sorting} className={column.numeric === true ? styles["headNumber"] : styles["headCell"]}>
      {column.sortBy === undefined || onOrder === undefined ? (
        <span className={styles["headText"]}>{column.title}</span>
      ) : (
        <button type="button" className={styles["sort"]} onClick={next}>
          <span className={styles["headText"]}>{column.title}</span>
          {isSorted && (order?.desc === true ? <CaretDownOutlined aria-hidden /> : <CaretUpOutlined aria-hidden />)}
        </button>
      )}
      {onResize !== undefined && <Resizer width={column.width} label={resizeLabel} onWidth={(width) => onResize(column.key, width)} />}
    </span>
  );
}

/** Drags or steps a column's width; the new one holds when it is let go. */
function Resizer({ width, label, onWidth }: { readonly width: number; readonly label: string; onWidth(width: number): void }): ReactNode {
  const within = (wanted: number): number => Math.round(Math.min(WIDTHS.most, Math.max(WIDTHS.least, wanted)));
  const drag = (down: PointerEvent<HTMLSpanElement>): void => {
    const handle = down.currentTarget;
    handle.setPointerCapture(down.pointerId);
    const move = (event: globalThis.PointerEvent): void => onWidth(within(width + event.clientX - down.clientX));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
  };
  const step = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(within(width + (event.key === "ArrowLeft" ? -16 : 16)));
  };
  return (
    <span
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={WIDTHS.least}
      aria-valuemax={WIDTHS.most}
      title={label}
      tabIndex={0}
      className={styles["resizer"]}
      onPointerDown={drag}
      onKeyDown={step}
    />
  );
}

interface Placed {
  readonly id: string;
  readonly top: number;
  readonly index: number;
  readonly isActive: boolean;
  readonly hasFocusRing: boolean;
}

/** What pressing a line does; the same object for as long as the list stands, so that lines are not drawn again. */
interface Acts {
  open(index: number, row: Row | undefined): void;
  pick(index: number, event: MouseEvent): void;
}

function useActs(props: ShownProps, focus: { point(index: number): void; pick(index: number, event: MouseEvent): void }): Acts {
  const latest = useRef({ props, focus });
  latest.current = { props, focus };
  return useMemo(
    () => ({
      open: (index, row) => {
        latest.current.focus.point(index);
        if (row !== undefined && getSelection()?.isCollapsed !== false) latest.current.props.onOpen(row);
      },
      pick: (index, event) => latest.current.focus.pick(index, event),
    }),
    [],
  );
}

interface LineProps extends Placed {
  /** undefined: on its way. */
  readonly row: Row | undefined;
  readonly columns: readonly Column[];
  /** null: rows cannot be selected. */
  readonly isSelected: boolean | null;
  readonly acts: Acts;
}

/** Drawn when something of it changes, not when the list scrolls: a frame of scrolling draws the rows that came into sight. */
const Line = memo(function Line({ id, top, index, isActive, hasFocusRing, row, columns, isSelected, acts }: LineProps): ReactNode {
  const t = useTexts(TEXTS);
  const looks = [styles["row"], isSelected === true && styles["selected"], isActive && styles["active"], isActive && hasFocusRing && styles["ring"]].filter(Boolean).join(" ");
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected ?? undefined}
      data-row-id={row?.id}
      className={looks}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => acts.open(index, row)}
    >
      {isSelected !== null && (
        <span role="gridcell" className={styles["pick"]} onClick={(event) => event.stopPropagation()}>
          {row !== undefined && <input type="checkbox" className={styles["box"]} tabIndex={-1} aria-label={t.selectRow} checked={isSelected} readOnly onClick={(event) => acts.pick(index, event)} />}
        </span>
      )}
      {columns.map((column, at) => (
        <span key={column.key} role="gridcell" className={column.numeric === true ? styles["number"] : styles["cell"]}>
          {row === undefined ? <span className={styles["bone"]} /> : <Cell column={column} row={row} isFirst={at === 0} />}
        </span>
      ))}
    </div>
  );
});

function Cell({ column, row, isFirst }: { readonly column: Column; readonly row: Row; readonly isFirst: boolean }): ReactNode {
  if (!isFirst || row._state === null) return column.render(row);
  return (
    <>
      <span className={styles["cellText"]}>{column.render(row)}</span> <StateBadge state={row._state} short />
    </>
  );
}

function GroupLine({ id, top, index, isActive, segment, renderHead, onToggle }: ShownProps & Placed & { readonly segment: Segment }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <div id={id} role="row" aria-rowindex={index + 2} aria-expanded={segment.open} className={isActive ? styles["groupActive"] : styles["group"]} style={{ transform: `translateY(${top}px)` }} onClick={() => onToggle?.(segment)}>
      <span role="gridcell" className={styles["groupCell"]}>
        {segment.open ? <CaretDownOutlined aria-label={t.close} /> : <CaretRightOutlined aria-label={t.open} />}
        {renderHead?.(segment)}
      </span>
    </div>
  );
}

/** The row that the keyboard is at, and what its keys do. */
function useActiveRow(props: ShownProps, count: number, reveal: (index: number) => void, height: number) {
  const [active, setActive] = useState(0);
  const [byKeyboard, setByKeyboard] = useState(false);
  const anchor = useRef(0);
  const { windows, selection, onOpen, onToggle, onSlash } = props;
  const go = (index: number): void => {
    const next = Math.max(0, Math.min(count - 1, index));
    setActive(next);
    setByKeyboard(true);
    reveal(next);
  };
  const select = async (index: number, isRange: boolean): Promise<void> => {
    if (selection === undefined) return;
    const [from, to] = isRange ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    const rows = await windows.rowsBetween(from, to, MOST_SELECTED);
    const ids = new Set(selection.ids);
    const isAdding = isRange || rows.some((row) => !ids.has(row.id));
    for (const row of rows) {
      if (isAdding) ids.add(row.id);
      else ids.delete(row.id);
    }
    if (!isRange) anchor.current = index;
    selection.set(ids);
  };
  const enter = (): void => {
    const item = windows.itemAt(active);
    if (item?.kind === "head") onToggle?.(item.segment);
    else if (item?.row !== undefined) onOpen(item.row);
  };
  const page = Math.max(1, Math.floor(height / ROW_PX) - 2);
  const moves: Readonly<Record<string, number>> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: count - 1 };
  const keys = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    const to = moves[event.key];
    if (to !== undefined && !event.ctrlKey) {
      go(to);
      if (event.shiftKey) void select(Math.max(0, Math.min(count - 1, to)), true);
    } else if (event.key === "Enter") enter();
    else if (event.key === " ") void select(active, event.shiftKey);
    else if (event.key === "/" && onSlash !== undefined) onSlash();
    else if (event.key === "a" && event.ctrlKey) void windows.rowsBetween(0, count - 1, MOST_SELECTED).then((rows) => selection?.set(new Set(rows.map((row) => row.id))));
    else if (event.key === "Escape" && selection !== undefined && selection.ids.size > 0) selection.set(new Set());
    else return;
    event.preventDefault();
  };
  return {
    active: Math.min(active, Math.max(0, count - 1)),
    byKeyboard,
    keys,
    point: (index: number) => {
      setActive(index);
      setByKeyboard(false);
    },
    pick: (index: number, event: MouseEvent) => {
      setActive(index);
      void select(index, event.shiftKey);
    },
  };
}
