/** A list's state and columns as a saved view keeps them, and back. */
import type { Condition, Order } from "~/device/api";
import { isObject } from "~/ui/described";
import type { Json, JsonObject } from "~/values/json";
import type { Chosen } from "./columns";
import { PLAIN, type Cut, type ListState } from "./list_state";

const CUTS: ReadonlySet<string> = new Set<Cut>(["day", "month", "year"]);

export function configOf(state: ListState, columns: readonly Chosen[]): JsonObject {
  return {
    ...(state.where.length === 0 ? {} : { where: state.where.map(({ field, op, value }) => ({ field, op, ...(value === undefined ? {} : { value }) })) }),
    ...(state.text === "" ? {} : { text: state.text }),
    ...(state.archived === null ? {} : { archived: state.archived }),
    ...(state.order === null ? {} : { orderBy: [{ field: state.order.field, desc: state.order.desc === true }] }),
    ...(state.group === null ? {} : { groupBy: state.group.cut === null ? state.group.field : `${state.group.field}.${state.group.cut}` }),
    columns: columns.map(({ name, width }) => ({ field: name, width })),
  };
}

/** What of a view's settings this app understands; the rest is left out. */
export function stateOf(view: string, config: Json | undefined): ListState {
  if (!isObject(config)) return { ...PLAIN, view };
  const { where, text, archived, orderBy, groupBy } = config;
  const order = Array.isArray(orderBy) ? orderBy.find(isObject) : undefined;
  return {
    text: typeof text === "string" ? text : "",
    where: Array.isArray(where) ? where.filter((one): one is JsonObject => isObject(one) && typeof one["field"] === "string" && typeof one["op"] === "string").map((one) => one as unknown as Condition) : [],
    order: order === undefined || typeof order["field"] !== "string" ? null : orderOf(order["field"], order["desc"] === true),
    group: typeof groupBy === "string" ? groupOf(groupBy) : null,
    archived: archived === "only" || archived === "all" ? archived : null,
    view,
  };
}

export function columnsOf(config: Json | undefined): readonly Chosen[] {
  const columns = isObject(config) ? config["columns"] : undefined;
  if (!Array.isArray(columns)) return [];
  return columns.filter(isObject).flatMap((column) => (typeof column["field"] === "string" && column["hidden"] !== true ? [{ name: column["field"], width: typeof column["width"] === "number" ? column["width"] : 120 }] : []));
}

function orderOf(field: string, desc: boolean): Order {
  return desc ? { field, desc } : { field };
}

function groupOf(text: string): ListState["group"] {
  const [field = "", cut = ""] = text.split(".");
  return field !== "custom" && CUTS.has(cut) ? { field, cut: cut as Cut } : { field: text, cut: null };
}
