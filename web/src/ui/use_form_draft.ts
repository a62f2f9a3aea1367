/** Keeps what is typed into a form on the device, and brings it back when the form opens again. */
import { useEffect, useRef, useState } from "react";
import { useDevice } from "~/data/device_context";
import { holdDraft, type HeldDraft } from "~/data/drafts";
import { changedNames, type Values } from "./form_changes";

const QUIET_MS = 400;

interface FormDraft {
  /** Whether something typed earlier came back. */
  readonly restored: boolean;
  drop(): Promise<void>;
}

/** `typed`: only what was changed. Nothing changed: no draft. */
export function useFormDraft(key: string, start: Values, typed: Values, restore: (typed: Values) => void): FormDraft {
  const { kept, me } = useDevice();
  const held = useRef<Promise<HeldDraft> | null>(null);
  const [restored, setRestored] = useState(false);
  const touched = useRef(false);
  const latest = useRef(typed);
  latest.current = typed;
  if (Object.keys(typed).length > 0) touched.current = true;
  useEffect(() => {
    let gone = false;
    const asked = { kept, member: `${me.tenantId}/${me.memberId}`, key };
    const holding = holdDraft(asked).then(async (first) => {
      if (gone || first.found === null) return first;
      if (touched.current) {
        // Whoever types faster than the disk answers is not overwritten, and overwrites nothing: what lies there waits.
        await first.release();
        return holdDraft({ ...asked, anew: true });
      }
      restore(first.found);
      setRestored(true);
      return first;
    });
    held.current = holding;
    return () => {
      gone = true;
      void holding.then((mine) => mine.release());
    };
    // `restore` is a state's setter.
  }, [kept, me.tenantId, me.memberId, key, restore]);
  useEffect(() => {
    if (!touched.current) return;
    const keep = (): void => {
      if (!touched.current) return;
      const isChanged = changedNames(start, { ...start, ...latest.current }).length > 0;
      const now = latest.current;
      void held.current?.then((mine) => (isChanged ? mine.write(now) : mine.drop()));
    };
    const timer = setTimeout(keep, QUIET_MS);
    document.addEventListener("visibilitychange", keep);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", keep);
    };
  }, [start, typed]);
  return {
    restored,
    drop: async () => {
      touched.current = false;
      setRestored(false);
      await (await held.current)?.drop();
    },
  };
}
