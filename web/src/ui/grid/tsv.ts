/** Blocks of cells as spreadsheets put them on the clipboard: tabs and line ends, quotes around what contains them. */

/** Rows of cells. A quote opens a cell only if it is closed before the next tab or line end: `5" pipe` is a text. */
export function readBlock(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  for (;;) {
    const { value, end } = readCell(text, at);
    cells.push(value);
    if (text[end] === "\t") {
      at = end + 1;
      continue;
    }
    rows.push(cells);
    cells = [];
    at = text[end] === "\r" && text[end + 1] === "\n" ? end + 2 : end + 1;
    if (at >= text.length) return rows;
  }
}

function readCell(text: string, at: number): { value: string; end: number } {
  if (text[at] === '"') {
    const quoted = readQuoted(text, at + 1);
    if (quoted !== null) return quoted;
  }
  let end = at;
  while (end < text.length && text[end] !== "\t" && text[end] !== "\n" && text[end] !== "\r") end++;
  return { value: text.slice(at, end), end };
}

function readQuoted(text: string, from: number): { value: string; end: number } | null {
  let value = "";
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const end = quote + 1;
      const closed = end === text.length || "\t\r\n".includes(text[end] ?? "");
      return closed ? { value: value.replaceAll("\r\n", "\n"), end } : null;
    }
    value += '"';
    at = quote + 2;
  }
}

export function writeBlock(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => cells.map(writeCell).join("\t")).join("\r\n");
}

function writeCell(value: string): string {
  return /[\t\r\n]|^"/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
