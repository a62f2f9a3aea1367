/** Rows without a text of their own are found by what they refer to: a balance by its product, a follow-up by its customer. */
import { useRef } from "react";
import { useDevice } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import type { Condition, Device } from "~/device/api";
import { entityOf, type Described } from "~/ui/described";
import type { Field } from "~/values/description";

/** More hits than this are cut, and it is said: whoever types that little types on. */
export const MOST_REFERRED = 1_000;

/** The field by which the rows are found; null: they have a text of their own, or refer to nothing that has one. */
export function searchedBy({ entity, fields }: Pick<Described, "entity" | "fields">): Field | null {
  if (entity.searchable) return null;
  const found = fields.filter((field) => field.refersTo !== null && field.refersTo !== entity.collection && field.refersTo !== "members" && entityOf(field.refersTo)?.searchable === true && !field.name.startsWith("custom."));
  return found.find((field) => !field.nullable) ?? found[0] ?? null;
}

export interface Referred {
  readonly where: readonly Condition[];
  /** More was found than is looked for. */
  readonly cut: boolean;
}

const ALL: Referred = { where: [], cut: false };

/** What was typed as a condition on the reference; archived ones too, whose rows are still there. */
export async function referredBy(device: Pick<Device, "list">, by: Field | null, text: string): Promise<Referred> {
  if (by === null || by.refersTo === null || text === "") return ALL;
  const archived = entityOf(by.refersTo)?.archivable === true ? { archived: "all" as const } : {};
  const { rows, total } = await device.list({ collection: by.refersTo, text, ...archived, limit: MOST_REFERRED });
  return { where: [{ field: by.name, op: "in", value: rows.map((row) => row.id) }], cut: total > rows.length };
}

/** Keeps the former answer while the device looks for the next. */
export function useReferredSearch(described: Described, text: string): Referred {
  const device = useDevice();
  const by = searchedBy(described);
  const asked = by === null ? "" : text;
  const live = useLive(`referred ${described.entity.collection} ${asked}`, by?.refersTo == null ? [described.entity.collection] : [by.refersTo], () => referredBy(device, by, asked));
  const latest = useRef<Referred>(ALL);
  if (live.data !== undefined && (latest.current.cut !== live.data.cut || JSON.stringify(latest.current.where) !== JSON.stringify(live.data.where))) latest.current = live.data;
  return asked === "" ? ALL : latest.current;
}
