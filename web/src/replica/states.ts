/** How far each row is on its way: what the member sees of edits that are not done, without hiding any of them (5.3). */
import type { MemberSchema, RowState } from "~/device/api";
import type { JsonObject } from "~/values/json";
import { childRows, effectOn, isObject } from "./overlay";
import type { OutcomeStatus, Queued, Shows } from "./store_api";

// What needs a person comes before what settles itself.
const ORDER = ["pending", "waiting", "parked", "inbox"] as const;
const STATES: Readonly<Record<string, OutcomeStatus>> = { open: "inbox", parked: "parked", waiting: "waiting" };

/** What of a command's schema says what it shows. */
export function showsOf(known: MemberSchema["commands"][string]): Shows {
  const shows: Record<string, unknown> = {};
  for (const name of ["sets", "children", "adds", "takes"] as const) {
    const told = known[name];
    if (told !== null && told !== undefined && Object.keys(told).length > 0) shows[name] = told;
  }
  return shows as Shows;
}

/** An unresolved inbox entry as the edit that it keeps; null when it concerns no row that devices have. */
export function keptOf(entry: JsonObject, commands: MemberSchema["commands"]): Queued | null {
  const known = commands[String(entry["command"])];
  const status = STATES[String(entry["state"])];
  const given = entry["arguments"];
  if (known === undefined || known.collection === null || status === undefined || !isObject(given) || typeof given["id"] !== "string") return null;
  const { sets, children } = showsOf(known);
  return {
    n: 0,
    uuid: String(entry["mutationId"]),
    command: String(entry["command"]),
    arguments: given,
    base: {},
    serverBase: {},
    madeAt: String(entry["madeAt"]),
    schema: null,
    schemaVersion: 1,
    collection: known.collection,
    effect: known.effect,
    rowId: given["id"],
    outcome: { n: 0, uuid: String(entry["mutationId"]), status },
    settled: true,
    shows: { ...(sets && { sets }), ...(children && { children }) },
  };
}

export interface Shown {
  readonly row: JsonObject;
  readonly state: RowState;
}

/** One row under everything that was done to it here, in order: `kept` (what lies in the inbox), then the overlay. A
 * refused creation shows as the row that it was to be, and so do the rows that it was to bring along; an edit that will
 * run by itself (parked, waiting) shows its effect; a refused edit shows none, only that something needs a decision. */
export function shownRow(base: JsonObject | null, collection: string, id: string, done: Iterable<Queued>, memberId: string | null): Shown | null {
  let row = base;
  let state: RowState = null;
  for (const queued of done) {
    const mine = stateOf(queued);
    if (row === null) {
      const brought = childRows(queued, collection, memberId).get(id);
      if (brought !== undefined) {
        row = brought;
        state = mine;
      }
    }
    if (queued.collection !== collection || queued.rowId !== id) continue;
    const after: JsonObject | null = row === null || mine !== "inbox" ? effectOn(row, queued, memberId) : row;
    if (after === null) continue;
    row = after;
    state = state === null || ORDER.indexOf(mine) > ORDER.indexOf(state) ? mine : state;
  }
  return row === null ? null : { row, state };
}

function stateOf(queued: Queued): (typeof ORDER)[number] {
  const status = queued.outcome?.status;
  return ORDER.find((state) => state === status) ?? "pending";
}
