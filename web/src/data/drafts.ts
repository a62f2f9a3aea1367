/** What was typed and not saved yet, kept on this device for this member: a closed tab or an empty battery costs nothing. */
import { useMemo } from "react";
import type { KeptHere } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { useDevice } from "./device_context";

export interface Drafts {
  /** null: there is none, or this browser keeps nothing. */
  read(key: string): Promise<JsonObject | null>;
  write(key: string, draft: JsonObject): Promise<void>;
  drop(key: string): Promise<void>;
}

const PREFIX = "draft ";

export function useDrafts(): Drafts {
  const { kept } = useDevice();
  return useMemo(() => draftsIn(kept), [kept]);
}

function draftsIn(kept: KeptHere): Drafts {
  return {
    read: async (key) => (await kept.read(PREFIX + key)) as JsonObject | null,
    write: (key, draft) => kept.write(PREFIX + key, draft),
    drop: (key) => kept.write(PREFIX + key, null),
  };
}
