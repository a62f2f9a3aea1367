/** Selecting with the pointer, and pulling the fill handle. */
import { useCallback, useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { fill } from "./blocks";
import { cellAt, FOOT_HEIGHT, HEAD_HEIGHT, NUMBER_WIDTH, ROW_HEIGHT, type Geometry } from "./geometry";
import type { GridRow, GridSpec } from "./model";
import { moveTo, selectedRange, writeCells } from "./sheet";
import type { SheetHandle } from "./use_sheet";

interface Drag {
  /** Down to which row the handle was pulled; null: it is not. */
  readonly fillTo: number | null;
  readonly begin: (event: PointerEvent<HTMLElement>) => void;
  readonly beginFill: (event: PointerEvent<HTMLElement>) => void;
}

const SCROLL_EVERY_MS = 40;

export function useDrag<R extends GridRow>(handle: SheetHandle<R>, spec: GridSpec<R>, geometry: Geometry, scroller: RefObject<HTMLDivElement | null>): Drag {
  const [fillTo, setFillTo] = useState<number | null>(null);
  const follow = useFollow(geometry, scroller);
  const begin = useCallback(
    (event: PointerEvent<HTMLElement>) => {
      const at = follow.cellOf(event);
      if (event.button !== 0 || at === null) return;
      const width = spec.columns.length;
      if (at.onNumber) {
        // A whole row, from the last column back, so that the cursor stands at its beginning.
        handle.change((now) => ({ ...moveTo(now, { row: at.row, column: 0 }, width, event.shiftKey), anchor: { row: event.shiftKey ? now.anchor.row : at.row, column: width - 1 } }));
      } else {
        handle.change((now) => moveTo(now, at, width, event.shiftKey));
      }
      follow.start((to) => handle.change((now) => moveTo(now, at.onNumber ? { row: to.row, column: 0 } : to, width, true)), () => undefined);
    },
    [follow, handle, spec],
  );
  const beginFill = useCallback(
    (event: PointerEvent<HTMLElement>) => {
      event.preventDefault();
      event.stopPropagation();
      const from = selectedRange(handle.latest());
      let to = from.bottom;
      follow.start(
        (cell) => setFillTo((to = Math.max(from.bottom, cell.row))),
        () => {
          setFillTo(null);
          if (to === from.bottom) return;
          handle.change((now) => {
            const filled = writeCells(now, spec, fill(now, spec, from, to));
            return { ...filled, anchor: { row: from.top, column: from.left }, active: { row: to, column: from.right } };
          });
        },
      );
    },
    [follow, handle, spec],
  );
  return { fillTo, begin, beginFill };
}

interface Follow {
  readonly cellOf: (event: { readonly clientX: number; readonly clientY: number }) => { readonly row: number; readonly column: number; readonly onNumber: boolean } | null;
  readonly start: (moved: (cell: { row: number; column: number }) => void, ended: () => void) => void;
}

/** Follows the pointer over the whole window, scrolling where it is held beyond an edge. */
function useFollow(geometry: Geometry, scroller: RefObject<HTMLDivElement | null>): Follow {
  const known = useRef(geometry);
  known.current = geometry;
  const stop = useRef<(() => void) | null>(null);
  useEffect(() => () => stop.current?.(), []);
  const cellOf = useCallback<Follow["cellOf"]>(
    ({ clientX, clientY }) => {
      const view = scroller.current;
      if (view === null || known.current.rows === 0) return null;
      const box = view.getBoundingClientRect();
      if (clientY < box.top + HEAD_HEIGHT) return null;
      const cell = cellAt(known.current, clientX - box.left, clientY - box.top, view.scrollLeft, view.scrollTop);
      return { ...cell, onNumber: clientX - box.left < NUMBER_WIDTH };
    },
    [scroller],
  );
  const start = useCallback<Follow["start"]>(
    (moved, ended) => {
      let point: { clientX: number; clientY: number } | null = null;
      const look = () => {
        const view = scroller.current;
        if (view === null || point === null) return;
        const box = view.getBoundingClientRect();
        const below = box.top + view.clientHeight - FOOT_HEIGHT;
        if (point.clientY > below) view.scrollTop += ROW_HEIGHT;
        else if (point.clientY < box.top + HEAD_HEIGHT) view.scrollTop -= ROW_HEIGHT;
        if (point.clientX > box.left + view.clientWidth) view.scrollLeft += ROW_HEIGHT;
        else if (point.clientX < box.left + NUMBER_WIDTH) view.scrollLeft -= ROW_HEIGHT;
        const y = Math.max(0, Math.min(point.clientY, below - 1) - box.top);
        moved(cellAt(known.current, point.clientX - box.left, y, view.scrollLeft, view.scrollTop));
      };
      const onMove = (event: globalThis.PointerEvent) => {
        point = event;
        look();
      };
      const timer = setInterval(look, SCROLL_EVERY_MS);
      const finish = () => {
        clearInterval(timer);
        removeEventListener("pointermove", onMove);
        removeEventListener("pointerup", end);
        removeEventListener("pointercancel", end);
        stop.current = null;
      };
      const end = () => {
        finish();
        ended();
      };
      stop.current?.();
      stop.current = finish;
      addEventListener("pointermove", onMove);
      addEventListener("pointerup", end);
      addEventListener("pointercancel", end);
    },
    [scroller],
  );
  const follow = useRef<Follow>({ cellOf, start });
  return follow.current;
}
