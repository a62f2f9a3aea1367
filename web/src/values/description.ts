/** What the product knows of its entities and commands: written by `yunfan schema` into src/generated/description.ts. */
import type { Words } from "./words";

export type FieldKind = "id" | "text" | "integer" | "decimal" | "boolean" | "date" | "instant" | "list" | "json";
export type Widget =
  | "text" | "long_text" | "choice" | "tags" | "money" | "number" | "date" | "instant" | "switch" | "reference"
  | "phone" | "email" | "json";

export interface Choice {
  readonly value: string;
  readonly label: Words;
}

/** What a value must be, told by the value alone; the server runs the same checks (modules/party/field_checks.py). */
export type Check = { readonly code: string } & (
  | { readonly kind: "required" | "choice" }
  | { readonly kind: "readable" | "shape"; readonly pattern: string }
  | { readonly kind: "length"; readonly limit: number }
  | { readonly kind: "whole"; readonly largest: number | string }
  | { readonly kind: "decimal"; readonly least?: string; readonly above?: string; readonly below?: string; readonly places?: number }
  | { readonly kind: "days"; readonly earliest: string; readonly latest: string }
);

/** A check's refusal: `{label}`, `{limit}` and the like are filled in. */
export interface RefusalWords {
  readonly says: Words;
  readonly remedy: Words;
}

export interface Pattern {
  /** The whole text is of this; an ECMAScript pattern for the flag `u`. */
  readonly pattern: string;
  readonly anyCase: boolean;
  /** Full-width letters and signs are read as plain ones (NFKC). */
  readonly folded: boolean;
}

export interface Field {
  readonly name: string;
  readonly label: Words;
  readonly kind: FieldKind;
  readonly widget: Widget;
  readonly choices: readonly Choice[];
  /** The collection that a reference names. */
  readonly refersTo: string | null;
  /** Of money (in minor units where `kind` is "integer"; prices are decimals): the field with its currency. */
  readonly currencyField: string | null;
  readonly nullable: boolean;
  readonly writable: boolean;
  /** In the order in which they are asked. */
  readonly checks: readonly Check[];
  readonly filterable: boolean;
  readonly sortable: boolean;
  readonly search: "name" | "code" | "phone" | "email" | null;
  readonly maskable: boolean;
}

export interface Entity {
  readonly name: string;
  readonly collection: string;
  /** false: no device has its rows; `collection` then only names it. */
  readonly synced: boolean;
  readonly label: Words;
  /** What a company buys; null: comes with every company. Which of them a member has, the member's schema tells. */
  readonly module: string | null;
  readonly permission: string;
  readonly archivable: boolean;
  readonly customisable: boolean;
  readonly searchable: boolean;
  /** Rows say by these, in this order, what they are called. */
  readonly calledBy: readonly string[];
  readonly fields: readonly Field[];
}

export interface Argument {
  readonly name: string;
  /** As in sync/vectors/schema.json, `?` apart. */
  readonly type: string;
  readonly required: boolean;
}

export interface Command {
  readonly name: string;
  readonly label: Words;
  readonly permission: string | null;
  readonly module: string | null;
  readonly offline: boolean;
  /** The GraphQL mutation, where there is one. */
  readonly mutation: string | null;
  readonly collection: string | null;
  readonly effect: string;
  readonly arguments: readonly Argument[];
}

export interface Module {
  readonly code: string;
  readonly label: Words;
}

/** A replica's list table: which fields of the rows' texts stand in columns of their own, to be filtered and sorted by.
 *
 * The tables are without rowid: an index ends with the id by itself.
 */
export interface ListTable {
  readonly collection: string;
  readonly table: string;
  /** `path`: of SQLite's json_extract; null for the pinyin key of the field `keyOf`. */
  readonly columns: readonly { readonly name: string; readonly type: "TEXT" | "INTEGER" | "REAL"; readonly path: string | null; readonly keyOf: string | null }[];
  readonly indexes: readonly (readonly string[])[];
  /** Columns that rows are chosen and ordered by: a long list has them in memory. */
  readonly kept: readonly string[];
}

export interface Description {
  readonly schemaVersion: number;
  /** By collection. */
  readonly entities: Readonly<Record<string, Entity>>;
  /** Of the fields' checks, by code. */
  readonly refusals: Readonly<Record<string, RefusalWords>>;
  /** Of the fields' checks, by name. */
  readonly patterns: Readonly<Record<string, Pattern>>;
  /** By name. */
  readonly commands: Readonly<Record<string, Command>>;
  /** In the order of the price list. */
  readonly modules: readonly Module[];
  /** As they are called until a company renames them, by key. */
  readonly builtInRoles: Readonly<Record<string, Words>>;
  readonly permissions: Readonly<Record<string, Words>>;
  /** By collection. */
  readonly lists: Readonly<Record<string, ListTable>>;
  /** Of `lists`: a load file with these tables is used as it is. */
  readonly listsHash: string;
}
