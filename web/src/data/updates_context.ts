/** Newer versions of the app, to the frame and to screens that hold them off while something is being typed. */
import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { AppUpdates } from "~/sw/updates";

export const UpdatesContext = createContext<AppUpdates | null>(null);

/** Whether a newer version is here, and how to take it. */
export function useUpdate(): { readonly ready: boolean; readonly apply: () => void } {
  const updates = useContext(UpdatesContext);
  const ready = useSyncExternalStore(
    (heard) => updates?.onChange(heard) ?? (() => undefined),
    () => updates?.ready() ?? false,
  );
  return { ready, apply: () => void (updates === null ? location.reload() : updates.apply()) };
}

/** Whether the app itself is on this device, so that it opens without a network. */
export function useKept(): boolean {
  const updates = useContext(UpdatesContext);
  return useSyncExternalStore(
    (heard) => updates?.onChange(heard) ?? (() => undefined),
    () => updates?.kept() ?? false,
  );
}

/** While `holding`, another tab that takes a newer version does not reload this one. */
export function useHold(holding: boolean): void {
  const updates = useContext(UpdatesContext);
  useEffect(() => (holding ? updates?.hold() : undefined), [updates, holding]);
}
