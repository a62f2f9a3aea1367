/** Codes that named no product when a count was posted: they lie on this device, beside the count, until somebody clears them. */
import { useCallback, useEffect, useState } from "react";
import { useDevice } from "~/data/device_context";
import type { Device } from "~/device/api";

/** How often each was scanned. */
export type Codes = Readonly<Record<string, number>>;

const PREFIX = "codes left ";

export async function keepLeft(device: Device, countId: string, codes: Codes): Promise<void> {
  if (Object.keys(codes).length > 0) await device.kept.write(PREFIX + countId, codes);
}

/** Of one count, or (null) of all, by count. `clear`: they were looked at. */
export function useLeftCodes(countId: string | null): { readonly left: readonly (readonly [countId: string, codes: Codes])[]; readonly clear: (countId: string) => Promise<void> } {
  const { kept } = useDevice();
  const [left, setLeft] = useState<readonly (readonly [string, Codes])[]>([]);
  const read = useCallback(async () => {
    const found = [...(await kept.under(PREFIX))].map(([id, codes]) => [id, codes as Codes] as const);
    return found.filter(([id]) => countId === null || id === countId);
  }, [kept, countId]);
  useEffect(() => {
    let gone = false;
    void read().then((found) => !gone && setLeft(found));
    return () => {
      gone = true;
    };
  }, [read]);
  const clear = useCallback(
    async (id: string) => {
      await kept.write(PREFIX + id, null);
      setLeft(await read());
    },
    [kept, read],
  );
  return { left, clear };
}
