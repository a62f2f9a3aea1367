import { expect, test } from "vitest";
import { cellAt, geometryOf } from "~/ui/grid/geometry";
import { intentOf, type Pressed } from "~/ui/grid/keys";

const press = (key: string, held: Partial<Pressed> = {}) => intentOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held });

test("characters and the browser's own keys mean nothing", () => {
  for (const key of ["a", "中", "1", "Process", "Dead", "F5", "F12", "Shift"]) expect(press(key), key).toBeNull();
  for (const key of ["c", "v", "x", "t", "w", "r"]) expect(press(key, { ctrlKey: true }), key).toBeNull();
  expect(press("ArrowLeft", { altKey: true })).toBeNull();
});

test.each<[string, Partial<Pressed>, unknown]>([
  ["ArrowDown", { shiftKey: true }, { does: "move", down: 1, right: 0, extend: true, far: "one" }],
  ["ArrowRight", { altKey: true, shiftKey: true }, { does: "widen", step: 1 }],
  ["ArrowRight", { ctrlKey: true }, { does: "move", down: 0, right: 1, extend: false, far: "edge" }],
  ["Enter", { shiftKey: true }, { does: "next", step: -1, by: "Enter" }],
  ["Tab", {}, { does: "next", step: 1, by: "Tab" }],
  ["PageDown", {}, { does: "move", down: 1, right: 0, extend: false, far: "page" }],
  ["End", { ctrlKey: true }, { does: "row-edge", end: true, all: true, extend: false }],
  ["F2", {}, { does: "edit" }],
  ["d", { ctrlKey: true }, { does: "fill" }],
  ["D", { ctrlKey: true, shiftKey: true }, { does: "duplicate" }],
  ["z", { metaKey: true }, { does: "undo" }],
  ["Z", { metaKey: true, shiftKey: true }, { does: "redo" }],
  ["Delete", { ctrlKey: true }, { does: "remove" }],
])("%s %o", (key, held, intent) => expect(press(key, held)).toEqual(intent));

test("the cell under a point, the first column staying where it is", () => {
  const geometry = geometryOf([100, 50, 50], 10);
  expect(cellAt(geometry, 60, 40, 500, 0)).toEqual({ row: 0, column: 0 });
  expect(cellAt(geometry, 150, 34 + 64, 0, 0)).toEqual({ row: 2, column: 1 });
  expect(cellAt(geometry, 150, 34 + 64, 45, 320)).toEqual({ row: 9, column: 2 });
  expect(cellAt(geometry, 9_999, 9_999, 0, 0)).toEqual({ row: 9, column: 2 });
});
