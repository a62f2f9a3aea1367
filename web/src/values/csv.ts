/** Tables as files that Excel and WPS open as they are and that an import reads back: UTF-8 with BOM, CRLF.
 *
 * A text that a spreadsheet could take for a formula gets an apostrophe before it, by the same rule as exchange/cells.py,
 * whose reader takes exactly that apostrophe away.
 */
const FORMULA = /^(?:'*[\t\r\n]|[\s'\u200b\u2060\ufeff]*[=+\-@＝＋－＠])/;
const NUMBER = /^-?\d+(\.\d+)?$/;
/** Control characters, lone surrogates and the like: what a file cannot hold. */
const UNWRITABLE = /(?![\t\r\n])[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

/** One cell, quoted where it must be. Numbers keep their sign. */
export function csvCell(text: string): string {
  const written = text.replace(UNWRITABLE, "\ufffd");
  const safe = FORMULA.test(written) && !NUMBER.test(written) ? `'${written}` : written;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines of cells as the text of a file, byte order mark first. */
export function csvText(lines: Iterable<readonly string[]>): string {
  let text = "\uFEFF";
  for (const line of lines) {
    // A line of one empty cell would be blank, which readers skip.
    text += line.length === 1 && line[0] === "" ? '""\r\n' : `${line.map(csvCell).join(",")}\r\n`;
  }
  return text;
}

export function csvFile(lines: Iterable<readonly string[]>): Blob {
  return new Blob([csvText(lines)], { type: "text/csv;charset=utf-8" });
}
