export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** A text value; "" where there is none or something else. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
