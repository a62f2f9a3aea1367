/** Whether the member wants each follow-up to carry the position: off until they say so, kept on this device. */
import { useCallback, useState } from "react";
import { useDevice } from "~/data/device_context";

export interface AlwaysLocated {
  readonly on: boolean;
  readonly set: (on: boolean) => void;
}

export function useAlwaysLocated(): AlwaysLocated {
  const { tenantId, memberId } = useDevice().me;
  const place = `yunfan-located ${tenantId}.${memberId}`;
  const [on, setOn] = useState(() => wanted(place));
  const set = useCallback(
    (next: boolean) => {
      setOn(next);
      try {
        if (next) localStorage.setItem(place, "1");
        else localStorage.removeItem(place);
      } catch {
        // A closed storage: it holds for this follow-up.
      }
    },
    [place],
  );
  return { on, set };
}

function wanted(place: string): boolean {
  try {
    return localStorage.getItem(place) === "1";
  } catch {
    return false; // A closed storage: nobody has switched it on.
  }
}
