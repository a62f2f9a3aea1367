/** 10,000 rows of 15 columns in the grid, for measuring and for trying it out by hand. */
import { createRoot } from "react-dom/client";
import { applyMode } from "~/app/theme";
import { LanguageContext } from "~/data/device_context";
import { Grid } from "~/ui/grid/grid";
import type { GridColumn, GridRow, GridSpec } from "~/ui/grid/model";
import { typedDecimal } from "~/ui/grid/typed";
import { useSheet } from "~/ui/grid/use_sheet";

interface Line extends GridRow {
  readonly cells: readonly string[];
}

const ROWS = 10_000;
const COLUMNS = 15;
let made = 0;
const line = (cells: readonly string[]): Line => ({ id: `line-${++made}`, cells });
const columns = Array.from({ length: COLUMNS }, (_, at): GridColumn<Line> => {
  const number = at > 1;
  return {
    key: `c${at}`,
    title: at === 0 ? "商品" : `第 ${at} 列`,
    width: at === 0 ? 180 : 110,
    align: number ? "end" : "start",
    text: (row) => row.cells[at] ?? "",
    write: (text) => {
      const value = number && text !== "" ? typedDecimal(text) : text;
      return value === null ? { error: "no number" } : { apply: (row) => ({ ...row, cells: row.cells.with(at, value) }) };
    },
    ...(at === 0 ? { lookup: async (text: string) => ["螺丝", "螺母", "垫片"].map((name) => ({ key: name, label: name, detail: text, apply: (row: Line) => ({ ...row, cells: row.cells.with(0, name) }) })) } : {}),
    ...(at === 3 ? { sum: (rows: readonly Line[]) => String(rows.reduce((sum, row) => sum + Number(row.cells[3] ?? 0), 0)) } : {}),
  };
});
const spec: GridSpec<Line> = {
  columns,
  newRow: () => line(columns.map(() => "")),
  isBlank: (row) => row.cells.every((cell) => cell === ""),
  duplicate: (row) => line(row.cells),
  locked: false,
  mostRows: 20_000,
};
const initial = Array.from({ length: ROWS }, (_, row) => line(columns.map((_column, at) => (at < 2 ? `商品 ${row}-${at}` : String((row * 31 + at * 7) % 1000)))));

function Page() {
  const handle = useSheet(() => initial);
  return <Grid handle={handle} spec={spec} label="grid" style={{ height: 640, maxHeight: 640 }} />;
}

applyMode("light");
const root = document.getElementById("root");
if (root === null) throw new Error("no root");
createRoot(root).render(
  <LanguageContext value="en">
    <Page />
  </LanguageContext>,
);
