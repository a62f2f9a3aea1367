/** One row of a grid: plain cells, none of them an editor. Drawn again only when what it shows has changed. */
import { memo, type ReactElement } from "react";
import { NUMBER_WIDTH, ROW_HEIGHT } from "./geometry";
import css from "./grid.module.css";
import { isReadOnly, type GridColumn, type GridRow, type GridSpec } from "./model";
import { errorKey, type CellError } from "./sheet";

export interface VisibleColumn {
  readonly index: number;
  readonly left: number;
  readonly width: number;
}

interface LineProps<R extends GridRow> {
  readonly spec: GridSpec<R>;
  readonly row: R;
  readonly index: number;
  readonly top: number;
  readonly frozenWidth: number;
  readonly visible: readonly VisibleColumn[];
  readonly errors: ReadonlyMap<string, CellError>;
  /** First and last selected column; -1: none. */
  readonly from: number;
  readonly to: number;
  /** Under the fill handle's drag. */
  readonly filling: boolean;
}

function Line<R extends GridRow>(props: LineProps<R>): ReactElement {
  const { spec, index, top, visible, frozenWidth, from } = props;
  const first = spec.columns[0];
  return (
    <div role="row" aria-rowindex={index + 2} className={css["line"]} style={{ top, height: ROW_HEIGHT }}>
      <div role="rowheader" aria-colindex={1} className={`${css["number"]} ${from >= 0 ? css["numberOn"] : ""}`} style={{ width: NUMBER_WIDTH }}>
        {index + 1}
      </div>
      {first === undefined ? null : <LineCell {...props} column={first} at={0} frozen style={{ left: NUMBER_WIDTH, width: frozenWidth }} />}
      {visible.map((place) => {
        const column = spec.columns[place.index];
        if (column === undefined) return null;
        return <LineCell {...props} key={column.key} column={column} at={place.index} frozen={false} style={{ left: place.left, width: place.width }} />;
      })}
    </div>
  );
}

interface CellProps<R extends GridRow> extends LineProps<R> {
  readonly column: GridColumn<R>;
  readonly at: number;
  readonly frozen: boolean;
  readonly style: { readonly left: number; readonly width: number };
}

function LineCell<R extends GridRow>({ column, at, frozen, style, spec, row, errors, from, to, filling }: CellProps<R>): ReactElement {
  const error = errors.size === 0 ? undefined : errors.get(errorKey(row.id, column.key));
  const wrong = error?.message ?? (column.check === undefined || spec.isBlank(row) ? null : column.check(row));
  const selected = at >= from && at <= to && from >= 0;
  const closed = isReadOnly(spec, column, row);
  const names = [
    css["cell"],
    frozen ? css["frozen"] : css["loose"],
    column.align === "end" ? css["end"] : "",
    selected ? css["selected"] : "",
    filling && selected ? css["filling"] : "",
    wrong === null ? "" : css["wrong"],
    closed && !spec.locked ? css["closed"] : "",
  ];
  return (
    <div
      role="gridcell"
      aria-colindex={at + 2}
      aria-selected={selected}
      aria-readonly={closed}
      aria-invalid={wrong === null ? undefined : true}
      title={wrong ?? undefined}
      className={names.join(" ")}
      style={style}
    >
      {error === undefined ? column.text(row) : error.text}
    </div>
  );
}

export const GridLine = memo(Line) as typeof Line;
