/** How wide somebody made a grid's columns, kept on this device by the grid's name. */

/** What one press of a key makes a column wider or narrower. */
export const STEP_PX = 16;

export type Widths = Readonly<Record<string, number>>;

export function readWidths(place: string): Widths {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0));
  } catch {
    // A closed storage, or another's text in it: columns have their first widths.
    return {};
  }
}

export function writeWidths(place: string, widths: Widths): void {
  try {
    localStorage.setItem(place, JSON.stringify(widths));
  } catch {
    // A full or closed storage: the widths hold until the page is closed.
  }
}
