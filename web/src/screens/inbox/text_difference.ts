/** Two texts as a reader compares them: what stays, what went, what came. */

export interface Piece {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** Above so many cells of comparison, lines are compared in place of words. */
const MOST_CELLS = 1_000_000;
/** A Chinese character by itself, a run of letters or digits, blanks, a line's end, any sign. */
const WORDS = /\n|[\p{Script=Han}]|[\p{L}\p{N}]+|[^\S\n]+|[^\p{L}\p{N}\s]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

export function difference(before: string, after: string): readonly Piece[] {
  const words = [before.match(WORDS) ?? [], after.match(WORDS) ?? []] as const;
  if (words[0].length * words[1].length <= MOST_CELLS) return compare(words[0], words[1]);
  const lines = [before.match(LINES) ?? [], after.match(LINES) ?? []] as const;
  if (lines[0].length * lines[1].length <= MOST_CELLS) return compare(lines[0], lines[1]);
  return compare([before], [after]);
}

/** Whether what both share is worth showing: of two wholly different texts the new one says it better alone. */
export function isComparable(before: string, after: string): boolean {
  if (before === after) return false;
  const shared = difference(before, after).reduce((sum, piece) => (piece.kind === "same" ? sum + piece.text.length : sum), 0);
  return shared * 3 >= Math.min(before.length, after.length);
}

function compare(a: readonly string[], b: readonly string[]): readonly Piece[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const pieces: Piece[] = [];
  push(pieces, "same", a.slice(0, start));
  middle(pieces, a.slice(start, a.length - end), b.slice(start, b.length - end));
  push(pieces, "same", a.slice(a.length - end));
  return pieces;
}

/** By the longest common subsequence. */
function middle(pieces: Piece[], a: readonly string[], b: readonly string[]): void {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(pieces, "same", a.slice(i, i + 1));
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) push(pieces, "gone", a.slice(i, ++i));
    else push(pieces, "new", b.slice(j, ++j));
  }
}

function push(pieces: Piece[], kind: Piece["kind"], tokens: readonly string[]): void {
  if (tokens.length === 0) return;
  const last = pieces.at(-1);
  const text = tokens.join("");
  if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
  else pieces.push({ kind, text });
}
