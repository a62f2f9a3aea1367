/** What stands in the fields of a part of the page, as a person would call them. */
export interface Typed {
  readonly label: string;
  readonly value: string;
}

const SILENT = new Set(["password", "hidden", "checkbox", "radio", "button", "submit", "file"]);

/** Texts of `root`'s fields that are not empty; passwords never. */
export function typedIn(root: ParentNode): Typed[] {
  const typed: Typed[] = [];
  for (const field of root.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    const value = field.value.trim();
    if (value === "" || SILENT.has(field.type) || field.readOnly) continue;
    typed.push({ label: labelOf(field), value });
  }
  return typed;
}

function labelOf(field: HTMLInputElement | HTMLTextAreaElement): string {
  const words = field.labels?.[0]?.textContent ?? field.getAttribute("aria-label") ?? field.placeholder ?? field.name;
  return words.trim();
}
