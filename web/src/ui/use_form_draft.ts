/** Keeps what is typed into a form on the device, and brings it back when the form opens again. */
import { useEffect, useRef, useState } from "react";
import { useDrafts } from "~/data/drafts";
import { changedNames, type Values } from "./form_changes";

const QUIET_MS = 400;

interface FormDraft {
  /** Whether something typed earlier came back. */
  readonly restored: boolean;
  drop(): Promise<void>;
}

/** `typed`: only what was changed. Nothing changed: no draft. */
export function useFormDraft(key: string, start: Values, typed: Values, restore: (typed: Values) => void): FormDraft {
  const drafts = useDrafts();
  const [restored, setRestored] = useState(false);
  const touched = useRef(false);
  const latest = useRef(typed);
  latest.current = typed;
  if (Object.keys(typed).length > 0) touched.current = true;
  useEffect(() => {
    let gone = false;
    void drafts.read(key).then((draft) => {
      // Whoever types faster than the disk answers is not overwritten.
      if (gone || draft === null || touched.current) return;
      restore(draft);
      setRestored(true);
    });
    return () => {
      gone = true;
    };
    // `restore` is a state's setter.
  }, [drafts, key, restore]);
  useEffect(() => {
    if (!touched.current) return;
    const keep = (): void => {
      if (!touched.current) return;
      const isChanged = changedNames(start, { ...start, ...latest.current }).length > 0;
      void (isChanged ? drafts.write(key, latest.current) : drafts.drop(key));
    };
    const timer = setTimeout(keep, QUIET_MS);
    document.addEventListener("visibilitychange", keep);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", keep);
    };
  }, [drafts, key, start, typed]);
  return {
    restored,
    drop: async () => {
      touched.current = false;
      setRestored(false);
      await drafts.drop(key);
    },
  };
}
