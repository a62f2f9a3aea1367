/** The titles of a grid, whose edges are drawn to make columns wider, and its foot with the sums. */
import type { PointerEvent, ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import { FOOT_HEIGHT, HEAD_HEIGHT, NUMBER_WIDTH } from "./geometry";
import css from "./grid.module.css";
import type { VisibleColumn } from "./grid_line";
import type { GridColumn, GridRow } from "./model";
import { GRID_TEXTS } from "./texts";

interface HeadProps<R extends GridRow> {
  readonly columns: readonly GridColumn<R>[];
  readonly visible: readonly VisibleColumn[];
  readonly frozenWidth: number;
  readonly widen: (column: string, width: number) => void;
}

export function GridHead<R extends GridRow>({ columns, visible, frozenWidth, widen }: HeadProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const first = columns[0];
  return (
    <div role="row" aria-rowindex={1} className={css["head"]} style={{ height: HEAD_HEIGHT }}>
      <div role="columnheader" aria-colindex={1} aria-label={t.row} className={css["number"]} style={{ width: NUMBER_WIDTH }} />
      {first === undefined ? null : <Title column={first} at={0} left={NUMBER_WIDTH} width={frozenWidth} frozen widen={widen} />}
      {visible.map(({ index, left, width }) => {
        const column = columns[index];
        return column === undefined ? null : <Title key={column.key} column={column} at={index} left={left} width={width} frozen={false} widen={widen} />;
      })}
    </div>
  );
}

interface TitleProps<R extends GridRow> {
  readonly column: GridColumn<R>;
  readonly at: number;
  readonly left: number;
  readonly width: number;
  readonly frozen: boolean;
  readonly widen: (column: string, width: number) => void;
}

function Title<R extends GridRow>({ column, at, left, width, frozen, widen }: TitleProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const begin = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const from = event.clientX;
    event.preventDefault();
    event.stopPropagation();
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (moved) => widen(column.key, width + moved.clientX - from);
    handle.onpointerup = handle.onpointercancel = () => (handle.onpointermove = null);
  };
  return (
    <div
      role="columnheader"
      aria-colindex={at + 2}
      className={`${css["title"]} ${frozen ? css["frozen"] : css["loose"]} ${column.align === "end" ? css["end"] : ""}`}
      style={{ left, width }}
      title={column.title}
    >
      <span className={css["titleText"]}>{column.title}</span>
      <div className={css["edge"]} onPointerDown={begin} title={t.resize(column.title)} aria-hidden />
    </div>
  );
}

interface FootProps<R extends GridRow> {
  readonly columns: readonly GridColumn<R>[];
  readonly rows: number;
  /** Those that count. */
  readonly counted: readonly R[];
  readonly visible: readonly VisibleColumn[];
  readonly frozenWidth: number;
}

export function GridFoot<R extends GridRow>({ columns, rows, counted, visible, frozenWidth }: FootProps<R>): ReactElement {
  const first = columns[0];
  return (
    <div role="row" aria-rowindex={rows + 2} className={css["foot"]} style={{ height: FOOT_HEIGHT }}>
      <div role="rowheader" aria-colindex={1} className={css["number"]} style={{ width: NUMBER_WIDTH }}>
        Σ
      </div>
      <div role="gridcell" aria-colindex={2} className={`${css["cell"]} ${css["frozen"]}`} style={{ left: NUMBER_WIDTH, width: frozenWidth }}>
        {first?.sum?.(counted) ?? ""}
      </div>
      {visible.map(({ index, left, width }) => {
        const column = columns[index];
        return (
          <div
            key={index}
            role="gridcell"
            aria-colindex={index + 2}
            className={`${css["cell"]} ${css["loose"]} ${column?.align === "end" ? css["end"] : ""}`}
            style={{ left, width }}
          >
            {column?.sum?.(counted) ?? ""}
          </div>
        );
      })}
    </div>
  );
}
