/** What a list shows, as the address says it: `?q=云帆&f=level:in:["a"]&sort=-updatedAt&group=region`. A link shows what its sender saw. */
import type { Condition, Operator, Order } from "~/device/api";
import type { Json } from "~/values/json";

export type Cut = "day" | "month" | "year";

export interface ListState {
  readonly text: string;
  readonly where: readonly Condition[];
  /** null: last changed first. */
  readonly order: Order | null;
  readonly group: { readonly field: string; readonly cut: Cut | null } | null;
  /** null: rows in use. */
  readonly archived: "only" | "all" | null;
  /** The saved view that it came from. */
  readonly view: string | null;
}

export const PLAIN: ListState = { text: "", where: [], order: null, group: null, archived: null, view: null };

const OPERATORS: ReadonlySet<string> = new Set<Operator>(["eq", "ne", "in", "lt", "le", "gt", "ge", "contains", "startsWith", "empty", "filled", "has"]);
const VALUELESS: ReadonlySet<string> = new Set<Operator>(["empty", "filled"]);
const FIELD = /^[A-Za-z_][A-Za-z0-9_]*(\.[a-z][a-z0-9_]*)?$/;

export function toSearch(state: ListState): string {
  const search = new URLSearchParams();
  if (state.text !== "") search.set("q", state.text);
  for (const condition of state.where) search.append("f", conditionText(condition));
  if (state.order !== null) search.set("sort", `${state.order.desc === true ? "-" : ""}${state.order.field}`);
  if (state.group !== null) search.set("group", `${state.group.field}${state.group.cut === null ? "" : `:${state.group.cut}`}`);
  if (state.archived !== null) search.set("archived", state.archived);
  if (state.view !== null) search.set("view", state.view);
  return search.toString();
}

/** What of an address is understood; the rest is passed over, so that an old link still shows a list. */
export function fromSearch(search: string): ListState {
  const given = new URLSearchParams(search);
  const archived = given.get("archived");
  return {
    text: given.get("q") ?? "",
    where: given.getAll("f").flatMap((text) => parseCondition(text) ?? []),
    order: parseOrder(given.get("sort")),
    group: parseGroup(given.get("group")),
    archived: archived === "only" || archived === "all" ? archived : null,
    view: given.get("view"),
  };
}

export function conditionText({ field, op, value }: Condition): string {
  return VALUELESS.has(op) ? `${field}:${op}` : `${field}:${op}:${JSON.stringify(value ?? null)}`;
}

function parseCondition(text: string): Condition | null {
  const [field = "", op = "", ...rest] = text.split(":");
  if (!FIELD.test(field) || !OPERATORS.has(op)) return null;
  if (VALUELESS.has(op)) return { field, op: op as Operator };
  const value = parsed(rest.join(":"));
  if (value === undefined || value === null || (op === "in" || op === "has") !== Array.isArray(value)) return null;
  return { field, op: op as Operator, value };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function parseOrder(text: string | null): Order | null {
  if (text === null) return null;
  const field = text.replace(/^-/, "");
  if (!FIELD.test(field)) return null;
  return text.startsWith("-") ? { field, desc: true } : { field };
}

function parseGroup(text: string | null): ListState["group"] {
  const [field = "", cut] = (text ?? "").split(":");
  if (!FIELD.test(field)) return null;
  return { field, cut: cut === "day" || cut === "month" || cut === "year" ? cut : null };
}
