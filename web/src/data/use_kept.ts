/** A half-entered form that survives a closed tab: kept on the device with every pause, gone when it is saved. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { JsonObject } from "~/values/json";
import { useDevice } from "./device_context";
import { holdDraft, type HeldDraft } from "./drafts";

const QUIET_MS = 300;

export interface Kept {
  /** undefined: not read yet; null: nothing was kept, or what was kept is open in another tab. */
  readonly found: JsonObject | null | undefined;
  /** How many further ones wait: they come back one after the other when such a form is opened again. */
  readonly others: number;
  readonly keep: (draft: JsonObject) => void;
  /** Writes what is waiting at once. */
  readonly flush: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

/** `isDone`: whether a draft's document is on its way already; such a one does not come back. */
export function useKept(key: string, isDone?: (draft: JsonObject) => Promise<boolean>): Kept {
  const { kept, me } = useDevice();
  const [found, setFound] = useState<{ readonly draft: JsonObject | null; readonly others: number } | undefined>(undefined);
  const held = useRef<Promise<HeldDraft> | null>(null);
  const isOver = useRef(isDone);
  isOver.current = isDone;
  const waiting = useRef<{ readonly draft: JsonObject; readonly timer: ReturnType<typeof setTimeout> } | null>(null);
  const flush = useCallback(async () => {
    const now = waiting.current;
    if (now === null) return;
    clearTimeout(now.timer);
    waiting.current = null;
    await (await held.current)?.write(now.draft);
  }, []);
  useEffect(() => {
    let wanted = true;
    // Where nobody can say (a replica that was cleared) the draft comes back: whoever saves it again is told.
    const isSaved = async (draft: JsonObject): Promise<boolean> => (await isOver.current?.(draft).catch(() => false)) ?? false;
    const holding = holdDraft({ kept, member: `${me.tenantId}/${me.memberId}`, key, isSaved });
    held.current = holding;
    holding.then(
      ({ found: draft, others }) => wanted && setFound({ draft, others }),
      () => wanted && setFound({ draft: null, others: 0 }), // A browser that keeps nothing: the form begins empty.
    );
    const leave = () => void flush();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    return () => {
      wanted = false;
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
      void flush().then(async () => (await holding).release());
    };
  }, [kept, me.tenantId, me.memberId, key, flush]);
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
    await (await held.current)?.drop();
  }, []);
  return useMemo(() => ({ found: found?.draft ?? (found === undefined ? undefined : null), others: found?.others ?? 0, keep, flush, drop }), [found, keep, flush, drop]);
}
