/** The customer's fields that say something. */
import type { ReactElement } from "react";
import { useLanguage } from "~/data/device_context";
import type { Row } from "~/device/api";
import { KEPT_BY_PRODUCT, useDescribed, valueOf } from "~/ui/described";
import { FieldValue } from "~/ui/field_value";
import type { Json } from "~/values/json";
import { say } from "~/values/words";
import css from "./customer.module.css";

/** The name is the page's title, the parent stands in the group. */
const ELSEWHERE = new Set(["name", "parentId", "creditCurrency"]);

export function Profile({ customer }: { readonly customer: Row }): ReactElement {
  const described = useDescribed("customers");
  const language = useLanguage();
  const fields = (described?.fields ?? []).filter((field) => !KEPT_BY_PRODUCT.has(field.name) && !ELSEWHERE.has(field.name) && says(valueOf(customer, field)));
  return (
    <dl className={css["facts"]}>
      {fields.map((field) => (
        <div key={field.name}>
          <dt>{say(field.label, language)}</dt>
          <dd>
            <FieldValue field={field} row={customer} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function says(value: Json | undefined): boolean {
  return value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
}
