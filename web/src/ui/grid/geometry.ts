/** Where cells lie, in pixels of the canvas that scrolls. */
import type { Cell } from "./model";

export const ROW_HEIGHT = 32;
export const HEAD_HEIGHT = 34;
export const FOOT_HEIGHT = 34;
export const NUMBER_WIDTH = 44;
export const NARROWEST = 48;

export interface Geometry {
  /** Left edges of the columns, and the right edge of the last one. The first stands behind the row numbers. */
  readonly lefts: readonly number[];
  readonly rows: number;
}

export function geometryOf(widths: readonly number[], rows: number): Geometry {
  const lefts = [NUMBER_WIDTH];
  for (const width of widths) lefts.push((lefts.at(-1) ?? 0) + width);
  return { lefts, rows };
}

export function widthOf(geometry: Geometry, column: number): number {
  return (geometry.lefts[column + 1] ?? 0) - (geometry.lefts[column] ?? 0);
}

export function totalWidth(geometry: Geometry): number {
  return geometry.lefts.at(-1) ?? 0;
}

/** The cell under a point; the nearest one beyond an edge. `x`, `y` from the viewport's corner; the first column does
 * not scroll sideways. */
export function cellAt(geometry: Geometry, x: number, y: number, scrollLeft: number, scrollTop: number): Cell {
  const row = Math.floor((y + scrollTop - HEAD_HEIGHT) / ROW_HEIGHT);
  const frozenEnd = geometry.lefts[1] ?? 0;
  const across = x < frozenEnd ? x : x + scrollLeft;
  const next = geometry.lefts.findIndex((left, index) => index > 0 && across < left);
  const column = next < 0 ? geometry.lefts.length - 2 : next - 1;
  return { row: Math.max(0, Math.min(row, geometry.rows - 1)), column: Math.max(0, column) };
}
