/** A half-entered form that survives a closed tab: kept on the device with every pause, gone when it is saved. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { JsonObject } from "~/values/json";
import { useDrafts } from "./drafts";

const QUIET_MS = 300;

export interface Kept {
  /** undefined: not read yet; null: nothing was kept. */
  readonly found: JsonObject | null | undefined;
  readonly keep: (draft: JsonObject) => void;
  /** Writes what is waiting at once. */
  readonly flush: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

export function useKept(key: string): Kept {
  const drafts = useDrafts();
  const [found, setFound] = useState<JsonObject | null | undefined>(undefined);
  const waiting = useRef<{ readonly draft: JsonObject; readonly timer: ReturnType<typeof setTimeout> } | null>(null);
  const flush = useCallback(async () => {
    const now = waiting.current;
    if (now === null) return;
    clearTimeout(now.timer);
    waiting.current = null;
    await drafts.write(key, now.draft);
  }, [drafts, key]);
  useEffect(() => {
    let wanted = true;
    drafts.read(key).then(
      (draft) => wanted && setFound(draft),
      () => wanted && setFound(null), // A browser that keeps nothing: the form begins empty.
    );
    const leave = () => void flush();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    return () => {
      wanted = false;
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
      void flush();
    };
  }, [drafts, key, flush]);
  const keep = useCallback(
    (draft: JsonObject) => {
      if (waiting.current !== null) clearTimeout(waiting.current.timer);
      waiting.current = { draft, timer: setTimeout(() => void flush(), QUIET_MS) };
    },
    [flush],
  );
  const drop = useCallback(async () => {
    if (waiting.current !== null) clearTimeout(waiting.current.timer);
    waiting.current = null;
    await drafts.drop(key);
  }, [drafts, key]);
  return useMemo(() => ({ found, keep, flush, drop }), [found, keep, flush, drop]);
}
