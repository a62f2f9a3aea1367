/** Tells a scanner that types from a person: its letters come within a few milliseconds and end with Enter. */

const FASTEST_HAND_MS = 45;
const SHORTEST = 4;

interface Stroke {
  readonly key: string;
  readonly code: string;
  readonly at: number;
}

/** Fed with every key; `at` in milliseconds of any clock. */
export class WedgeDetector {
  private typed = "";
  private last = 0;

  /** The code whose Enter this key is; null: no scanner, or not yet. */
  feed({ key, code, at }: Stroke): string | null {
    const near = at - this.last <= FASTEST_HAND_MS;
    this.last = at;
    if (key === "Enter" || code === "Enter" || code === "NumpadEnter") {
      const told = near && this.typed.length >= SHORTEST ? this.typed : null;
      this.typed = "";
      return told;
    }
    const letter = letterOf(key, code);
    if (letter === null) {
      if (key !== "Shift") this.typed = "";
      return null;
    }
    this.typed = near || this.typed === "" ? this.typed + letter : letter;
    return null;
  }

  /** Letters since the burst began: 1 with its first one. */
  get length(): number {
    return this.typed.length;
  }
}

/** While an input method is on, the browser only tells which key it was. */
function letterOf(key: string, code: string): string | null {
  if (key.length === 1) return key.normalize("NFKC");
  if (key !== "Process" && key !== "Unidentified") return null;
  const known = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code);
  if (known?.[1] !== undefined) return known[1].toLowerCase();
  return code === "Minus" || code === "NumpadSubtract" ? "-" : code === "Period" || code === "NumpadDecimal" ? "." : code === "Slash" ? "/" : null;
}
