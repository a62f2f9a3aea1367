/** A list in groups: which fields it can be grouped by, the rows of each group, counts and sums. */
import { useMemo } from "react";
import { useCompanyBooks } from "~/data/company";
import { useDevice } from "~/data/device_context";
import { useLive, type Live } from "~/data/hooks";
import type { Segment, WindowQuery } from "~/data/list_windows";
import type { Condition, Group, GroupQuery } from "~/device/api";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { behind, firstDay, onWire, startOfDay } from "~/values/zones";
import type { Cut, ListState } from "./list_state";
import { isMoment } from "./filters";

export const MOST_GROUPS = 500;

export function groupable(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => field.filterable && field.name !== "id" && field.search === null && !NOT.has(field.name) && (field.choices.length > 0 || field.refersTo !== null || field.kind === "boolean" || isMoment(field) || (field.kind === "text" && field.widget === "text")));
}

const NOT = new Set(["archivedAt", "erasedAt"]);

/** The numbers that can be added up: quantities, and amounts (where one currency holds for all). */
export function summable(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => field.name !== "version" && field.name !== "position" && ((field.widget === "money" && field.kind === "integer") || (field.kind === "decimal" && field.currencyField === null && !field.name.startsWith("custom."))));
}

export interface Grouped {
  readonly segments: readonly Segment[];
  /** By a segment's key. */
  readonly groups: ReadonlyMap<string, Group>;
  readonly cut: boolean;
}

/** null: nothing is asked. */
export function useGroupsIf(question: GroupQuery | null, collection: string): Live<readonly Group[]> {
  const device = useDevice();
  return useLive(`groups ${JSON.stringify(question)}`, [collection], async () => (question === null ? [] : device.groups(question)));
}

/** null: not grouped, or not known yet. */
export function useGrouped(query: WindowQuery, group: ListState["group"], field: Field | null, sums: readonly string[], open: ReadonlySet<string>): { grouped: Grouped | null; error: Error | null } {
  const asked = group !== null && field !== null;
  const question = asked ? { ...query, by: group.field, ...(group.cut === null ? {} : { cut: group.cut }), ...(sums.length === 0 ? {} : { sums }) } : null;
  const live = useGroupsIf(question, query.collection);
  const key = JSON.stringify(query);
  const { zone } = useCompanyBooks();
  const grouped = useMemo(() => {
    if (!asked || live.data === undefined || live.stale) return null;
    const sorted = inOrder(live.data, field, group.cut);
    const kept = sorted.slice(0, MOST_GROUPS);
    const base = JSON.parse(key) as WindowQuery;
    const segments = kept.map((one) => {
      const name = JSON.stringify(one.value);
      return { key: name, headed: true, open: open.has(name), count: one.count, query: { ...base, where: [...(base.where ?? []), ...within(field, one.value, group.cut, zone)] } };
    });
    return { segments, groups: new Map(kept.map((one) => [JSON.stringify(one.value), one])), cut: sorted.length > kept.length };
  }, [asked, live.data, live.stale, field, group, key, open, zone]);
  return { grouped, error: live.error };
}

/** The rows of one group. `zone`: by whose days instants were cut. */
export function within({ name, kind }: Field, value: Json, cut: Cut | null, zone: string | undefined): readonly Condition[] {
  if (value === null) return [{ field: name, op: "empty" }];
  if (cut === null || typeof value !== "string") return [{ field: name, op: "eq", value }];
  if (kind !== "instant" || zone === undefined) {
    // Days and instants are texts in the order of time: all that begin so lie between it and its successor.
    return [
      { field: name, op: "ge", value },
      { field: name, op: "lt", value: `${value}~` },
    ];
  }
  return [
    { field: name, op: "ge", value: onWire(startOfDay(firstDay(value), zone)) },
    { field: name, op: "lt", value: onWire(startOfDay(behind(value), zone)) },
  ];
}

function inOrder(groups: readonly Group[], field: Field, cut: Cut | null): readonly Group[] {
  const rank = new Map(field.choices.map((choice, at) => [choice.value, at]));
  const last = (group: Group): number => (group.value === null ? 1 : 0);
  return [...groups].sort((one, other) => {
    if (last(one) !== last(other)) return last(one) - last(other);
    if (rank.size > 0) return (rank.get(String(one.value)) ?? 999) - (rank.get(String(other.value)) ?? 999);
    if (cut !== null || isMoment(field)) return String(one.value) < String(other.value) ? 1 : -1;
    return other.count - one.count || (String(one.value) < String(other.value) ? -1 : 1);
  });
}
