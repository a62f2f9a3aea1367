/** Any field of any row, as a person reads it. */
import { Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useReferred } from "~/data/references";
import type { Row } from "~/device/api";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { exactInstant } from "~/values/moments";
import { phoneText } from "~/values/phone";
import { say, type Texts } from "~/values/words";
import { entityNamed, entityOf, isObject, valueOf } from "./described";
import { choiceText, fieldText, SOURCE_ENTITY, SOURCE_ID } from "./field_text";
import styles from "./field_value.module.css";
import { rowPath } from "./paths";
import { documentOf, namingReferences, titleOf } from "./title_of";

const TEXTS = {
  notHere: ["不在本机", "not on this device"],
  notHereWhy: ["这条记录不在本机上：可能超出您的数据范围，或已被彻底删除。", "This record is not on this device: it may be outside of what you may see, or gone for good."],
} satisfies Texts;

interface FieldValueProps {
  readonly field: Field;
  readonly row: Row;
  /** false in lists, whose rows open as a whole: no links, one line. */
  readonly links?: boolean;
}

/** Nothing for an empty value: the place around says how that looks. */
export function FieldValue({ field, row, links = true }: FieldValueProps): ReactNode {
  if (field.name === SOURCE_ENTITY && typeof row[field.name] === "string") return <Source row={row} links={links} />;
  return <Value field={field} value={valueOf(row, field)} row={row} links={links} />;
}

interface ValueProps {
  readonly field: Field;
  readonly value: Json | undefined;
  /** Where the currency stands. */
  readonly row?: Readonly<Record<string, Json>>;
  readonly links?: boolean;
}

/** A value that stands in no row: of a history, a difference, a draft. */
export function Value({ field, value, row, links = true }: ValueProps): ReactNode {
  const language = useLanguage();
  if (value === null || value === undefined || value === "") return null;
  if (field.widget === "tags" && Array.isArray(value)) return <Tags ids={value.map(String)} />;
  if (field.refersTo !== null && typeof value === "string") return <Reference collection={field.refersTo} id={value} links={links} />;
  if (field.widget === "phone" && links) return <a href={`tel:${String(value).replace(/[^\d+]/g, "")}`}>{phoneText(String(value))}</a>;
  if (field.widget === "email" && links) return <a href={mailTo(String(value))}>{String(value)}</a>;
  if (links && field.name === "website") return <Website address={String(value)} />;
  if (field.widget === "json" && isObject(value) && !("amountMinor" in value)) return <code className={styles["json"]}>{JSON.stringify(value)}</code>;
  const text = fieldText(field, value, { language, ...(row === undefined ? {} : { row }) });
  if (field.kind === "instant") return <time dateTime={String(value)} title={exactInstant(String(value))}>{text}</time>;
  if (field.widget === "choice") return <span className={styles["choice"]}>{choiceText(field, String(value), language)}</span>;
  return <span className={isNumber(field) ? styles["number"] : field.widget === "long_text" && links ? styles["long"] : undefined}>{text}</span>;
}

export function isNumber(field: Field): boolean {
  return field.kind === "integer" || field.kind === "decimal" || field.widget === "money";
}

/** Whatever stands in the field is an address, never a subject or a copy to others. */
function mailTo(address: string): string {
  return `mailto:${encodeURIComponent(address).replace(/%40(?!.*%40)/, "@")}`;
}

/** Only addresses of the web become links: `javascript:` stays text. */
function Website({ address }: { readonly address: string }): ReactNode {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;
  return /^https?:\/\//i.test(full) && URL.canParse(full) ? (
    <a href={full} target="_blank" rel="noopener noreferrer">
      {address}
    </a>
  ) : (
    <span>{address}</span>
  );
}

/** What a reference names, with a way there. */
export function Reference({ collection, id, links = true }: { readonly collection: string; readonly id: string; readonly links?: boolean }): ReactNode {
  const row = useReferred(collection, id);
  const t = useTexts(TEXTS);
  if (row === undefined) return <span className={styles["unknown"]}>…</span>;
  if (row === null) {
    return (
      <Tooltip title={t.notHereWhy}>
        <span className={styles["unknown"]}>{t.notHere}</span>
      </Tooltip>
    );
  }
  const name = <RowTitle collection={collection} row={row} />;
  return links && collection !== "tags" ? <Link href={rowPath(collection, id)}>{name}</Link> : <span>{name}</span>;
}

/** The document that a row came from, also where a part of it is named: of a count's line the count. */
function Source({ row, links }: { readonly row: Row; readonly links: boolean }): ReactNode {
  const language = useLanguage();
  const entity = entityNamed(String(row[SOURCE_ENTITY]));
  const id = typeof row[SOURCE_ID] === "string" ? row[SOURCE_ID] : null;
  const named = useReferred(entity?.collection ?? null, id);
  if (entity === null) return String(row[SOURCE_ENTITY]);
  const target = documentOf(entity.collection, named ?? null);
  return (
    <>
      {say(entityOf(target.collection)?.label ?? entity.label, language)} {target.id !== null && <Reference collection={target.collection} id={target.id} links={links} />}
    </>
  );
}

/** What a row is called, also where that is what it refers to. */
export function RowTitle({ collection, row }: { readonly collection: string; readonly row: Row }): ReactNode {
  const title = titleOf(collection, row);
  if (title !== "") return title;
  const named = namingReferences(collection).flatMap((name) => (typeof row[name] === "string" ? [[name, String(row[name])] as const] : []));
  if (named.length === 0) return row.id.slice(-8);
  return named.map(([name, id], at) => (
    <span key={name}>
      {at > 0 && " · "}
      <ReferredBy collection={collection} field={name} id={id} />
    </span>
  ));
}

function ReferredBy({ collection, field, id }: { readonly collection: string; readonly field: string; readonly id: string }): ReactNode {
  const target = targetOf(collection, field);
  return target === null ? id.slice(-8) : <Reference collection={target} id={id} links={false} />;
}

function Tags({ ids }: { readonly ids: readonly string[] }): ReactNode {
  return (
    <span className={styles["tags"]}>
      {ids.map((id) => (
        <TagOf key={id} id={id} />
      ))}
    </span>
  );
}

function TagOf({ id }: { readonly id: string }): ReactNode {
  const tag = useReferred("tags", id);
  if (!tag) return null;
  const colour = tag["colour"];
  return (
    <Tag className={styles["tag"] ?? ""}>
      {typeof colour === "string" && <i className={styles["dot"]} style={{ background: colour }} />}
      {String(tag["name"])}
    </Tag>
  );
}

function targetOf(collection: string, field: string): string | null {
  return entityOf(collection)?.fields.find((one) => one.name === field)?.refersTo ?? null;
}
