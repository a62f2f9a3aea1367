/** Where screens are. Those that people live in have a place of their own; all others are at the general one. */
import type { Json } from "~/values/json";

const DETAILS: Readonly<Record<string, string>> = { customers: "/customers", salesOrders: "/orders", stockCounts: "/counts" };
const CREATIONS: Readonly<Record<string, string>> = { activities: "/follow-up", salesOrders: "/orders/new", stockCounts: "/counts/new", stockMoves: "/moves/new" };

export function listPath(collection: string): string {
  return `/list/${collection}`;
}

export function rowPath(collection: string, id: string): string {
  return `${DETAILS[collection] ?? `/row/${collection}`}/${id}`;
}

/** `given`: what the new row begins with, `{customerId: …}`. */
export function newPath(collection: string, given: Readonly<Record<string, Json>> = {}): string {
  const search = new URLSearchParams(Object.entries(given).map(([name, value]) => [name, String(value)])).toString();
  return `${CREATIONS[collection] ?? `/new/${collection}`}${search === "" ? "" : `?${search}`}`;
}

/** The same, for what is needed on the way to something else: whoever has saved it is led on to `next`, where MADE stands for
 * its id. */
export function newPathThen(collection: string, next: string, given: Readonly<Record<string, Json>> = {}): string {
  return newPath(collection, { ...given, [NEXT]: next });
}

/** What a form's address says of where to go once it is saved; a place of the app, or null. The rest is what it begins with. */
export function readGiven(search: string): { readonly given: Readonly<Record<string, Json>>; readonly next: string | null } {
  const said = Object.fromEntries(new URLSearchParams(search));
  const { [NEXT]: next, [PICKED]: _picked, ...given } = said;
  return { given, next: next !== undefined && /^\/(?![/\\])/.test(next) ? next : null };
}

/** A place whose picker of the collection takes the row that was made meanwhile. */
export function pickingPath(place: string, search: string, collection: string): string {
  const said = new URLSearchParams(search);
  said.set(PICKED, `${collection}.${MADE}`);
  return `${place}?${said.toString()}`;
}

/** The row of the collection that an address gives to a picker. */
export function readPicked(search: string, collection: string): string | null {
  const [named, id] = new URLSearchParams(search).get(PICKED)?.split(".") ?? [];
  return named === collection && id !== undefined && id !== MADE ? id : null;
}

/** The place, once the picker has taken it. */
export function withoutPicked(place: string, search: string): string {
  const said = new URLSearchParams(search);
  said.delete(PICKED);
  return said.size === 0 ? place : `${place}?${said.toString()}`;
}

export const MADE = "_made_";
const NEXT = "next";
const PICKED = "picked";

export function editPath(collection: string, id: string): string {
  return `/edit/${collection}/${id}`;
}

export const INBOX_PATH = "/inbox";
