/** What a key means in a grid. */

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** `next`: the following cell to write in. `far`: one cell, to the edge, or as far as one sees. */
export type Intent =
  | { readonly does: "move"; readonly down: number; readonly right: number; readonly extend: boolean; readonly far: "one" | "edge" | "page" }
  | { readonly does: "row-edge"; readonly end: boolean; readonly all: boolean; readonly extend: boolean }
  | { readonly does: "widen"; readonly step: 1 | -1 }
  | { readonly does: "next"; readonly step: 1 | -1; readonly by: "Tab" | "Enter" }
  | { readonly does: "edit" | "cancel" | "clear" | "select-all" | "fill" | "insert" | "remove" | "duplicate" | "undo" | "redo" };

const ARROWS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** In a cell that is not being edited. Null: the key is a character, or the browser's. */
export function intentOf(pressed: Pressed): Intent | null {
  const ctrl = pressed.ctrlKey || pressed.metaKey;
  const arrow = ARROWS[pressed.key];
  if (arrow !== undefined) {
    if (pressed.altKey && pressed.shiftKey && arrow[1] !== 0) return { does: "widen", step: arrow[1] > 0 ? 1 : -1 };
    if (pressed.altKey) return pressed.key === "ArrowDown" ? { does: "edit" } : null;
    return { does: "move", down: arrow[0], right: arrow[1], extend: pressed.shiftKey, far: ctrl ? "edge" : "one" };
  }
  if (pressed.altKey) return null;
  return ctrl ? withControl(pressed) : alone(pressed);
}

function alone({ key, shiftKey }: Pressed): Intent | null {
  switch (key) {
    case "Tab":
    case "Enter":
      return { does: "next", step: shiftKey ? -1 : 1, by: key };
    case "F2":
      return { does: "edit" };
    case "Escape":
      return { does: "cancel" };
    case "Delete":
    case "Backspace":
      return { does: "clear" };
    case "Home":
    case "End":
      return { does: "row-edge", end: key === "End", all: false, extend: shiftKey };
    case "PageUp":
    case "PageDown":
      return { does: "move", down: key === "PageUp" ? -1 : 1, right: 0, extend: shiftKey, far: "page" };
    default:
      return null;
  }
}

function withControl({ key, shiftKey }: Pressed): Intent | null {
  switch (key.toLowerCase()) {
    case "a":
      return { does: "select-all" };
    case "d":
      return { does: shiftKey ? "duplicate" : "fill" };
    case "z":
      return { does: shiftKey ? "redo" : "undo" };
    case "y":
      return { does: "redo" };
    case "enter":
      return { does: "insert" };
    case "delete":
    case "backspace":
      return { does: "remove" };
    case "home":
    case "end":
      return { does: "row-edge", end: key === "End", all: true, extend: shiftKey };
    default:
      return null;
  }
}
