/** A sheet that a screen and its grid share. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { GridRow } from "./model";
import { beginSheet, type Content, type Sheet } from "./sheet";

export interface SheetHandle<R extends GridRow> {
  readonly sheet: Sheet<R>;
  readonly change: (step: (sheet: Sheet<R>) => Sheet<R>) => void;
  /** As it is by now, also between two renders. */
  readonly latest: () => Sheet<R>;
}

/** `errors`: what could not be read when these rows were kept. */
export function useSheet<R extends GridRow>(initial: () => readonly R[], errors?: () => Content<R>["errors"]): SheetHandle<R> {
  const [sheet, setSheet] = useState(() => beginSheet(initial(), errors?.()));
  const now = useRef(sheet);
  const change = useCallback((step: (sheet: Sheet<R>) => Sheet<R>) => {
    now.current = step(now.current);
    setSheet(now.current);
  }, []);
  const latest = useCallback(() => now.current, []);
  return useMemo(() => ({ sheet, change, latest }), [sheet, change, latest]);
}
