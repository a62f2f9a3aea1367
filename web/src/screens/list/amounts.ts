/** Conditions on amounts. As chosen they read `JPY 1000`: currency and major units; the device compares minor units of rows
 * in that currency alone. */
import type { Condition } from "~/device/api";
import type { Field } from "~/values/description";
import type { Json } from "~/values/json";
import { fromMinor, grouped, priceDigits, toMinor } from "~/values/money";

export interface Amount {
  readonly currency: string;
  /** In major units, a plain decimal. */
  readonly major: string;
}

/** null: no amount with its currency. */
export function amountOf(value: Json | undefined): Amount | null {
  const found = typeof value === "string" ? /^([A-Z]{3}) (-?\d+(?:\.\d+)?)$/.exec(value) : null;
  return found?.[1] === undefined || found[2] === undefined ? null : { currency: found[1], major: found[2] };
}

/** Of a unit price `amount` is in major units, otherwise in minor ones; null where it is none of this currency. */
export function amountValue(field: Field, amount: Json, currency: string): string | null {
  const major = field.kind === "decimal" ? amount : fromMinor(amount, currency);
  return major === null ? null : `${currency} ${String(major)}`;
}

export function amountWords(value: Json | undefined): string | null {
  const amount = amountOf(value);
  return amount === null ? null : `${amount.currency} ${grouped(priceDigits(amount.major, amount.currency))}`;
}

/** What the device is asked; null: the condition is none on an amount. */
export function amountForDevice(condition: Condition, field: Field): readonly Condition[] | null {
  const amount = field.widget === "money" ? amountOf(condition.value) : null;
  if (amount === null) return null;
  const value = field.kind === "decimal" ? amount.major : toMinor(amount.major, amount.currency);
  if (value === null) return null;
  const ofItself = field.currencyField === null; // a company's own field: both in one value
  const name = ofItself ? `${field.name}.amountMinor` : field.name;
  return [
    { field: name, op: condition.op, value },
    { field: field.currencyField ?? `${field.name}.currency`, op: "eq", value: amount.currency },
  ];
}
