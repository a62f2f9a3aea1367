/** Hears a scanner that types, wherever the focus is, and takes back what it typed into a field. */
import { useEffect, useRef } from "react";
import { WedgeDetector } from "./wedge";

export function useWedge(heard: (code: string) => void): void {
  const latest = useRef(heard);
  latest.current = heard;
  useEffect(() => {
    const detector = new WedgeDetector();
    let before: { readonly field: HTMLInputElement | HTMLTextAreaElement; readonly value: string } | null = null;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const code = detector.feed({ key: event.key, code: event.code, at: event.timeStamp });
      if (detector.length === 1) before = fieldNow();
      if (code === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (before !== null) takeBack(before.field, before.value);
      before = null;
      latest.current(code);
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  }, []);
}

function fieldNow(): { field: HTMLInputElement | HTMLTextAreaElement; value: string } | null {
  const focused = document.activeElement;
  return focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement ? { field: focused, value: focused.value } : null;
}

/** React hears of a value only if it is set past its own setter. */
function takeBack(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  if (field.dataset["gridField"] !== undefined) {
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    return;
  }
  const prototype = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(field, value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
