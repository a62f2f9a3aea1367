/** The product's description as a screen needs it: an entity with its own and the company's fields, as this member sees them. */
import { useMemo } from "react";
import { covers } from "~/data/access_context";
import { useDevice } from "~/data/device_context";
import { useDefinitions, type Definitions } from "~/data/definitions";
import { runsOnline } from "~/data/run_command";
import type { MemberSchema, Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import type { Choice, Command, Entity, Field } from "~/values/description";
import type { Json, JsonObject } from "~/values/json";
import type { Words } from "~/values/words";

/** Fields that the product keeps by itself; forms leave them out, details show them apart. */
export const KEPT_BY_PRODUCT = new Set(["id", "version", "createdAt", "createdById", "updatedAt", "updatedById", "archivedAt", "archivedById", "erasedAt", "custom", "tenantId"]);

export function entityOf(collection: string): Entity | null {
  return DESCRIPTION.entities[collection] ?? null;
}

/** By its name, `party.Customer`. */
export function entityNamed(name: string): Entity | null {
  return Object.values(DESCRIPTION.entities).find((entity) => entity.name === name) ?? null;
}

export function isCustom(field: Field): boolean {
  return field.name.startsWith("custom.");
}

/** A row's value of a field; of a custom field what stands under its key. undefined: hidden from the member, or not there. */
export function valueOf(row: Readonly<Record<string, Json>>, field: Pick<Field, "name">): Json | undefined {
  if (!field.name.startsWith("custom.")) return row[field.name];
  const custom = row["custom"];
  return isObject(custom) ? (custom[field.name.slice(7)] ?? null) : undefined;
}

/** A company's own field in the shape of the product's. */
export function customField(definition: Row): Field {
  const zh = String(definition["labelZh"]);
  const kind = String(definition["kind"]);
  const target = definition["target"];
  const shape = SHAPES[kind] ?? { kind: "text", widget: "text" };
  return {
    name: `custom.${String(definition["key"])}`,
    label: [zh, typeof definition["labelEn"] === "string" && definition["labelEn"] !== "" ? definition["labelEn"] : zh],
    ...shape,
    choices: kind === "choice" ? choicesOf(definition["choices"]) : [],
    refersTo: typeof target === "string" ? (entityNamed(target)?.collection ?? null) : null,
    currencyField: null,
    nullable: definition["required"] !== true,
    writable: true,
    checks: kind === "text" ? [{ kind: "length", code: "CUSTOM_TEXT_EXPECTED", limit: OWN_TEXT_LIMIT }] : [],
    filterable: definition["filterable"] === true,
    sortable: definition["filterable"] === true && kind !== "reference",
    search: null,
    maskable: true,
  };
}

/** TEXT_LIMIT of tenants/custom_kinds.py. */
const OWN_TEXT_LIMIT = 2_000;

const SHAPES: Readonly<Record<string, Pick<Field, "kind" | "widget">>> = {
  text: { kind: "text", widget: "text" },
  number: { kind: "decimal", widget: "number" },
  money: { kind: "json", widget: "money" },
  date: { kind: "date", widget: "date" },
  yes_no: { kind: "boolean", widget: "switch" },
  choice: { kind: "text", widget: "choice" },
  reference: { kind: "id", widget: "reference" },
};

export function choicesOf(stored: Json | undefined): readonly Choice[] {
  if (!Array.isArray(stored)) return [];
  return stored.filter(isObject).map((choice) => {
    const zh = String(choice["zh"] ?? choice["value"]);
    return { value: String(choice["value"]), label: [zh, typeof choice["en"] === "string" && choice["en"] !== "" ? choice["en"] : zh] as Words };
  });
}

export interface Described {
  readonly entity: Entity;
  /** Those that this member sees: the product's in their order, then the company's own. */
  readonly fields: readonly Field[];
  field(name: string): Field | null;
  /** The definitions of the company's own fields in use, by `custom.<key>`. */
  readonly definitions: ReadonlyMap<string, Row>;
  /** Whether the member's schema has the collection: bought, and within the member's rights. */
  readonly offered: boolean;
  /** The command with this effect on the collection, where the member may: a queueable one, else one that the server does. */
  command(effect: "create" | "edit" | "archive" | "restore"): Command | null;
}

const remembered = new WeakMap<Definitions, Map<string, Described | null>>();

/** null: there is no such collection. */
export function describe(collection: string, definitions: Definitions, permissions: readonly string[] = []): Described | null {
  const known = remembered.get(definitions) ?? new Map<string, Described | null>();
  remembered.set(definitions, known);
  const key = permissions.length === 0 ? collection : `${collection} *`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const entity = entityOf(collection);
  const made = entity === null ? null : describeEntity(entity, definitions, permissions);
  known.set(key, made);
  return made;
}

export function useDescribed(collection: string): Described | null {
  const definitions = useDefinitions();
  const { permissions } = useDevice().me;
  return useMemo(() => describe(collection, definitions, permissions), [collection, definitions, permissions]);
}

function describeEntity(entity: Entity, { schema, customFields, known }: Definitions, permissions: readonly string[]): Described {
  const seen = schema?.collections[entity.collection];
  const own = entity.fields.filter((field) => seen === undefined || field.name === "id" || field.name === "version" || field.name in seen.fields);
  const definitions = new Map(
    customFields.filter((row) => row["entity"] === entity.name && row["archivedAt"] === null).map((row) => [`custom.${String(row["key"])}`, row]),
  );
  const customSeen = seen === undefined || "custom" in seen.fields;
  const fields = [...own, ...(customSeen ? [...definitions.values()].map(customField) : [])];
  const byName = new Map(fields.map((field) => [field.name, field]));
  return {
    entity,
    fields,
    field: (name) => byName.get(name) ?? null,
    definitions,
    offered: !known || schema === null || seen !== undefined,
    command: (effect) => commandOf(schema, entity.collection, effect) ?? onlineCommand(permissions, entity.collection, effect),
  };
}

/** Of several with one effect the one that takes the most fields: `edit_order_line`, not `pack_order_line`. */
function commandOf(schema: MemberSchema | null, collection: string, effect: string): Command | null {
  const found = Object.entries(schema?.commands ?? {})
    .filter(([, command]) => command.collection === collection && command.effect === effect)
    .sort(([, one], [, other]) => other.fields.length - one.fields.length);
  const name = found[0]?.[0];
  return name === undefined ? null : (DESCRIPTION.commands[name] ?? null);
}

function onlineCommand(permissions: readonly string[], collection: string, effect: string): Command | null {
  const found = Object.values(DESCRIPTION.commands).find((command) => command.collection === collection && command.effect === effect && !command.offline && runsOnline(command.name));
  return found !== undefined && (found.permission === null || covers(permissions, found.permission)) ? found : null;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
