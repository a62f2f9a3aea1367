/** Carries out what keys ask of a sheet. */
import { useCallback } from "react";
import { fillDown } from "./blocks";
import type { Intent } from "./keys";
import { isReadOnly, type GridRow, type GridSpec } from "./model";
import {
  clearRange,
  duplicateRows,
  firstWritable,
  insertRows,
  mayGrow,
  moveTo,
  nextWritable,
  redone,
  removeRows,
  undone,
  writeCells,
  type Sheet,
} from "./sheet";
import type { SheetHandle } from "./use_sheet";

/** Where Enter goes: to the next cell to write in, as people key in documents, or down, as in a spreadsheet. */
export type EnterGoes = "right" | "down";

interface Moves {
  /** Whether the key is used up. `edit` and `cancel` are the editor's. */
  readonly carryOut: (intent: Intent) => boolean;
}

export function useGridMoves<R extends GridRow>(handle: SheetHandle<R>, spec: GridSpec<R>, page: () => number, enterGoes: EnterGoes, widen: (column: number, step: 1 | -1) => void): Moves {
  const { change, latest } = handle;
  const carryOut = useCallback(
    (intent: Intent): boolean => {
      const sheet = latest();
      switch (intent.does) {
        case "move":
          change((now) => moved(now, spec, intent, page()));
          return true;
        case "row-edge":
          change((now) => toRowEdge(now, spec, intent));
          return true;
        case "next":
          return goOn(handle, spec, intent, enterGoes);
        case "select-all":
          change((now) => ({ ...now, anchor: { row: 0, column: 0 }, active: { row: now.content.rows.length - 1, column: spec.columns.length - 1 } }));
          return true;
        case "fill":
          change((now) => writeCells(now, spec, fillDown(now, spec)));
          return true;
        case "widen":
          widen(sheet.active.column, intent.step);
          return true;
        case "insert":
          change((now) => insertRows(now, spec, now.active.row + 1));
          return true;
        case "remove":
          change((now) => removeRows(now, spec));
          return true;
        case "duplicate":
          change((now) => duplicateRows(now, spec));
          return true;
        case "clear":
          change((now) => clearRange(now, spec));
          return true;
        case "undo":
          if (!spec.locked && sheet.past.length > 0) change(undone);
          return true;
        case "redo":
          if (!spec.locked && sheet.future.length > 0) change(redone);
          return true;
        case "edit":
        case "cancel":
          return false;
      }
    },
    [handle, change, latest, spec, page, enterGoes, widen],
  );
  return { carryOut };
}

function moved<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, intent: Extract<Intent, { does: "move" }>, page: number): Sheet<R> {
  const { row, column } = sheet.active;
  const width = spec.columns.length;
  if (intent.far === "edge") {
    const to = { row: intent.down === 0 ? row : intent.down > 0 ? Infinity : 0, column: intent.right === 0 ? column : intent.right > 0 ? Infinity : 0 };
    return moveTo(sheet, to, width, intent.extend);
  }
  const by = intent.far === "page" ? page : 1;
  const behind = row === sheet.content.rows.length - 1 && intent.down > 0 && intent.far === "one" && !intent.extend;
  if (behind && mayGrow(sheet, spec)) return moveTo(insertRows(sheet, spec, row + 1), { row: row + 1, column }, width);
  return moveTo(sheet, { row: row + intent.down * by, column: column + intent.right }, width, intent.extend);
}

function toRowEdge<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>, { end, all, extend }: Extract<Intent, { does: "row-edge" }>): Sheet<R> {
  const row = all ? (end ? sheet.content.rows.length - 1 : 0) : sheet.active.row;
  return moveTo(sheet, { row, column: end ? spec.columns.length - 1 : 0 }, spec.columns.length, extend);
}

/** On to the next cell, in a new row behind the last one. False where there is nowhere to go: the browser's Tab goes on. */
function goOn<R extends GridRow>(handle: SheetHandle<R>, spec: GridSpec<R>, { step, by }: Extract<Intent, { does: "next" }>, enterGoes: EnterGoes): boolean {
  const sheet = handle.latest();
  const width = spec.columns.length;
  if (by === "Enter" && enterGoes === "down") {
    handle.change((now) => moved(now, spec, { does: "move", down: step, right: 0, extend: false, far: "one" }, 1));
    return true;
  }
  const next = nextWritable(sheet, spec, step);
  if (next !== null) {
    handle.change((now) => moveTo(now, next, width));
    return true;
  }
  if (step === 1 && mayGrow(sheet, spec)) {
    handle.change((now) => moveTo(insertRows(now, spec, now.content.rows.length), { row: now.content.rows.length, column: firstWritable(spec) }, width));
    return true;
  }
  return by === "Enter";
}

export function isActiveReadOnly<R extends GridRow>(sheet: Sheet<R>, spec: GridSpec<R>): boolean {
  const column = spec.columns[sheet.active.column];
  return column === undefined || isReadOnly(spec, column, sheet.content.rows[sheet.active.row]);
}
