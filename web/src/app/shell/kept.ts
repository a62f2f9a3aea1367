/** Small choices of the frame that hold for whoever sits here: never rows, nothing of a member (`data/kept_here.ts`). */
import { useCallback, useState } from "react";
import type { Json } from "~/values/json";

export function readKept<T extends Json>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise; // Blocked, or written by a version that nobody has any more: as on the first visit.
  }
}

export function writeKept(key: string, value: Json): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch (refused) {
    console.info("the browser keeps no choices for this page", refused);
  }
}

/** As useState, kept under `key`. */
export function useKept<T extends Json>(key: string, otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => readKept(key, otherwise));
  const set = useCallback(
    (next: T) => {
      writeKept(key, next);
      setValue(next);
    },
    [key],
  );
  return [value, set];
}
