/** A row on a phone: what it is called and the two or three fields that matter. */
import type { ReactNode } from "react";
import { useReferred } from "~/data/references";
import type { Row } from "~/device/api";
import { isCustom, valueOf, type Described } from "~/ui/described";
import { FieldValue, isNumber, RowTitle } from "~/ui/field_value";
import type { Field } from "~/values/description";
import styles from "./list.module.css";

const MOST = 3;

export function RowCard({ described, row }: { readonly described: Described; readonly row: Row }): ReactNode {
  const filled = cardFields(described).filter((field) => {
    const value = valueOf(row, field);
    return value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
  });
  // Of a document, a product, a balance the figure is what one looks for; what may be missing is not.
  const figure = filled.find((field) => isNumber(field) && (!field.nullable || field.name === "listPrice"));
  return (
    <span className={styles["cardTexts"]}>
      <span className={styles["cardHeading"]}>
        <span className={styles["cardTitle"]}>
          <RowTitle collection={described.entity.collection} row={row} />
        </span>
        {figure !== undefined && (
          <span className={styles["cardFigure"]}>
            <FieldValue field={figure} row={row} links={false} />
            <UnitOf row={row} figure={figure} />
          </span>
        )}
      </span>
      <span className={styles["cardMore"]}>
        {described.entity.calledBy.length === 0 && <CodeOf row={row} />}
        {filled.filter((field) => field !== figure).slice(0, MOST).map((field) => (
          <span key={field.name}>
            <FieldValue field={field} row={row} links={false} />
          </span>
        ))}
      </span>
    </span>
  );
}

/** Goods are told by their code where the row itself has none. */
function CodeOf({ row }: { readonly row: Row }): ReactNode {
  const code = useProductOf(row)?.["code"];
  return typeof code === "string" && code !== "" ? <span>{code}</span> : null;
}

/** What a quantity is counted in. */
function UnitOf({ row, figure }: { readonly row: Row; readonly figure: Field }): ReactNode {
  const unit = useProductOf(row)?.["unit"];
  return figure.kind === "decimal" && figure.currencyField === null && typeof unit === "string" && unit !== "" ? ` ${unit}` : null;
}

function useProductOf(row: Row): Row | null | undefined {
  const id = row["productId"];
  return useReferred("products", typeof id === "string" ? id : null);
}

/** What tells rows apart at a glance: whom they belong to, their state, a way to reach somebody, a number, a day. */
function cardFields({ entity, fields }: Described): readonly Field[] {
  const title = new Set(entity.calledBy.slice(0, 1));
  // A second choice says nothing without its label.
  const choice = fields.find((field) => field.choices.length > 0 && !isCustom(field));
  const rank = (field: Field): number => {
    if (title.has(field.name) || isCustom(field) || field.name === "id" || field.name === "version" || field.kind === "json" || field.kind === "list" || field.name.endsWith("ById") || field.name === "ownerId") return 9;
    if (field.widget === "reference") return field.refersTo === null || field.refersTo === "members" ? 9 : title.size === 0 ? 8 : 1;
    if (field.choices.length > 0) return field === choice ? 2 : 9;
    if (field.widget === "phone") return 3;
    if (isNumber(field) && field.name !== "position") return 4;
    if (field.kind === "date" || field.name === "happenedAt" || field.name === "madeAt") return 5;
    return field.widget === "text" && field.name !== "id" && !field.name.toLowerCase().includes("currency") && field.kind === "text" ? 6 : 9;
  };
  return fields.filter((field) => rank(field) < 8).sort((one, other) => rank(one) - rank(other));
}
