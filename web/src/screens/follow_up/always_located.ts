/** Whether the member wants each follow-up to carry the position: off until they say so, kept on this device. */
import { useCallback } from "react";
import { useKeptHere } from "~/data/kept_here";

export interface AlwaysLocated {
  readonly on: boolean;
  readonly set: (on: boolean) => void;
}

export function useAlwaysLocated(): AlwaysLocated {
  const [on, keep] = useKeptHere<boolean>("located", false);
  const set = useCallback((next: boolean) => keep(next ? true : null), [keep]);
  return { on, set };
}
