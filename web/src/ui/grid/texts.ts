import type { Texts } from "~/values/words";

export const GRID_TEXTS = {
  add: ["添加一行", "Add row"],
  duplicate: ["复制所选行", "Duplicate rows"],
  remove: ["删除所选行", "Delete rows"],
  undo: ["撤销", "Undo"],
  redo: ["重做", "Redo"],
  empty: ["空", "empty"],
  row: ["行", "Row"],
  place: (column: string, row: number, text: string) => [`${column}，第 ${row} 行，${text}`, `${column}, row ${row}, ${text}`],
  wrong: (message: string) => [`有误：${message}`, `wrong: ${message}`],
  pasted: (cells: number, wrong: number) => [
    wrong === 0 ? `已粘贴 ${cells} 个单元格` : `已粘贴 ${cells} 个单元格，其中 ${wrong} 个有误`,
    wrong === 0 ? `${cells} cells pasted` : `${cells} cells pasted, ${wrong} of them wrong`,
  ],
  cut: (rows: number, most: number) => [`最多 ${most} 行，其余 ${rows} 行未粘贴`, `At most ${most} rows: ${rows} were left out`],
  headed: ["首行是标题，未粘贴", "the first row is a header and was left out"],
  joined: ["；", "; "],
  offers: (count: number) => [`${count} 个候选，按上下键选择`, `${count} offers, choose with up and down`],
  alike: ["完全相同的有多个：用上下键选择，再按回车", "Several match exactly: choose with up and down, then press Enter"],
  nothing: ["没有匹配的结果", "Nothing matches"],
  help: [
    "方向键移动，直接输入或按 F2 编辑，回车下一格，Ctrl+D 向下填充，Ctrl+回车插入行，Ctrl+Delete 删除行，Alt+Shift+左右方向键调整列宽；按 Esc 后再按 Tab 离开表格。",
    "Arrows move, type or press F2 to edit, Enter goes on, Ctrl+D fills down, Ctrl+Enter inserts a row, Ctrl+Delete removes rows, Alt+Shift+left or right changes the width of the column; Escape, then Tab leaves the grid.",
  ],
  resize: (column: string) => [`调整“${column}”列宽，也可以按 Alt+Shift+左右方向键`, `Width of ${column}; Alt+Shift+arrow does it too`],
  done: ["完成", "Done"],
  previous: ["上一行", "Previous"],
  next: ["下一行", "Next"],
  nth: (row: number, rows: number) => [`第 ${row} 行，共 ${rows} 行`, `Row ${row} of ${rows}`],
  noRows: ["还没有明细", "No lines yet"],
  fillHandle: ["向下拖动以填充", "Drag down to fill"],
} satisfies Texts;
