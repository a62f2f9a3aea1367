/** What the parts of an entry are called, and how their values are told. */
import { useMemo } from "react";
import { useDefinitions } from "~/data/definitions";
import { DESCRIPTION } from "~/generated/description";
import { customField, describe } from "~/ui/described";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import type { Words } from "~/values/words";
import type { Entry } from "~/data/inbox/entry";

export interface Naming {
  readonly collection: string | null;
  /** A field of what the entry is about, described as well as it can be. `path`: `level`, `custom.grade`, `lines.0.counted`. */
  field(path: string): Field;
}

/** Of a command, the collection that it changes. */
export function collectionOf(entry: Pick<Entry, "command" | "entity">): string | null {
  const entity = Object.values(DESCRIPTION.entities).find((found) => found.name === entry.entity);
  return entity?.collection ?? DESCRIPTION.commands[entry.command]?.collection ?? null;
}

export function useNaming(entry: Entry): Naming {
  const definitions = useDefinitions();
  return useMemo(() => {
    const collection = collectionOf(entry);
    const described = collection === null ? null : describe(collection, definitions);
    const own = new Map(
      definitions.customFields.filter((row) => row["entity"] === described?.entity.name).map((row) => [`custom.${String(row["key"])}`, row]),
    );
    return {
      collection,
      field: (path) => {
        const definition = own.get(path);
        const found = described?.field(path) ?? described?.entity.fields.find((field) => field.name === path);
        const known = definition === undefined ? found : customField(definition);
        const label = entry.facts[path]?.label;
        return known ?? { ...plain(path), ...(label ? { label } : {}) };
      },
    };
  }, [definitions, entry]);
}

/** An argument that is no field of the row which it is about: what another entity calls a field of this name. */
export function plain(name: string): Field {
  const named = NAMED[name];
  const elsewhere = named === undefined ? Object.values(DESCRIPTION.entities).flatMap((entity) => entity.fields.filter((field) => field.name === name))[0] : undefined;
  return elsewhere ?? { ...UNDESCRIBED, name, label: named ?? [name, name] };
}

const UNDESCRIBED: Omit<Field, "name" | "label"> = {
  kind: "text",
  widget: "text",
  choices: [],
  refersTo: null,
  currencyField: null,
  nullable: true,
  writable: false,
  checks: [],
  filterable: false,
  sortable: false,
  search: null,
  maskable: false,
};

/** What no entity has. */
const NAMED: Readonly<Record<string, Words>> = {
  reason: ["原因", "Reason"],
  series: ["编号系列", "Series"],
  lines: ["明细", "Lines"],
  madeAt: ["发生时间", "Made at"],
};

const UNSHOWN = new Set(["id", "version", "seen", "after", "replaces", "deviceId", "spent", "sha256", "stripMetadata", "sizeBytes", "mediaType", "entity", "rowId"]);

/** The arguments that mean something to a reader, custom fields by their paths, in the order of the fields. */
export function shownArguments(sent: Entry["arguments"], order: readonly string[]): readonly (readonly [string, Json])[] {
  const found: (readonly [string, Json])[] = [];
  for (const [name, value] of Object.entries(sent)) {
    if (UNSHOWN.has(name) || value === null || value === "") continue;
    if (name === "custom" && typeof value === "object" && !Array.isArray(value)) {
      for (const [key, own] of Object.entries(value as Record<string, Json>)) found.push([`custom.${key}`, own]);
    } else found.push([name, value]);
  }
  const place = (path: string) => {
    const at = order.indexOf(path);
    return at === -1 ? order.length : at;
  };
  return found.sort(([one], [other]) => place(one) - place(other));
}
