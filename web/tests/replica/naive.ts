/** What a member sees, worked out the plain way: every base row under everything that was done, in order. */
import type { Queued, Replica } from "~/replica";
import { keptEntries } from "~/replica/done";
import { additions, childRows, effectOn, equal, takings } from "~/replica/overlay";
import type { JsonObject } from "~/values/json";
import { MEMBER, SCHEMA } from "./world";

const ORDER = ["pending", "waiting", "parked", "inbox"];

type Rows = Map<string, JsonObject>;

interface Seen {
  readonly base: ReadonlyMap<string, readonly JsonObject[]>;
  readonly kept: readonly Queued[];
  readonly overlay: readonly Queued[];
}

export async function seenBy(replica: Replica, collections: readonly string[]): Promise<ReadonlyMap<string, Rows>> {
  const base = new Map<string, readonly JsonObject[]>();
  for (const name of [...collections, "inbox", "warehouses"]) base.set(name, await replica.store.baseRows(name));
  const kept = [...keptEntries(base.get("inbox") ?? [], SCHEMA, MEMBER), ...(await replica.store.outbox.keptBack())];
  const seen = { base, kept, overlay: await replica.store.outbox.overlay() };
  return new Map(collections.map((collection) => [collection, withStates(seen, collection)]));
}

function plainRows({ base, overlay }: Seen, collection: string): Rows {
  const found: Rows = new Map((base.get(collection) ?? []).map((row) => [String(row["id"]), row]));
  for (const queued of overlay) {
    if (queued.collection === collection && queued.rowId !== null) {
      const changed = effectOn(found.get(queued.rowId) ?? null, queued, MEMBER);
      if (changed !== null) found.set(queued.rowId, changed);
    }
    for (const [id, row] of childRows(queued, collection, MEMBER)) if (!found.has(id)) found.set(id, row);
  }
  return found;
}

function withStates(seen: Seen, collection: string): Rows {
  const found: Rows = new Map((seen.base.get(collection) ?? []).map((row) => [String(row["id"]), row]));
  const states = new Map<string, string>();
  for (const queued of [...seen.kept, ...seen.overlay]) {
    const status = String(queued.outcome?.status);
    const state = ORDER.includes(status) ? status : "pending";
    for (const [id, row] of childRows(queued, collection, MEMBER)) {
      if (found.has(id)) continue;
      found.set(id, row);
      states.set(id, state);
    }
    if (queued.collection !== collection || queued.rowId === null) continue;
    const row = found.get(queued.rowId) ?? null;
    const shown = row === null || state !== "inbox" ? effectOn(row, queued, MEMBER) : row;
    if (shown === null) continue;
    found.set(queued.rowId, shown);
    const before = states.get(queued.rowId) ?? "pending";
    states.set(queued.rowId, ORDER.indexOf(state) > ORDER.indexOf(before) ? state : before);
  }
  const listed: Rows = new Map([...found].map(([id, row]) => [id, { ...row, _state: states.get(id) ?? null }]));
  for (const queued of seen.overlay) add(seen, collection, queued, listed);
  for (const [id, row] of listed) if (row["erasedAt"]) listed.delete(id);
  return listed;
}

function add(seen: Seen, collection: string, queued: Queued, listed: Rows): void {
  const takes = queued.shows.takes;
  const taken = takes?.collection === collection ? taking(seen, queued) : queued;
  for (const addition of additions(taken, collection, MEMBER)) {
    const there = takes === undefined && (seen.base.get(addition.made ?? "") ?? []).some(({ id }) => id === addition.id);
    if (there) continue;
    const standing = [...listed.values()].toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
    const row = standing.find((other) => Object.entries(addition.match).every(([name, value]) => equal(other[name] ?? null, value))) ?? null;
    const { _state: _, ...fields } = row ?? {};
    const made = addition.apply(row === null ? null : fields);
    listed.set(String(made["id"]), { ...made, _state: "pending" });
  }
}

function taking(seen: Seen, queued: Queued): Queued {
  const takes = queued.shows.takes;
  if (takes === undefined) return queued;
  const under = (seen.base.get(queued.collection ?? "") ?? []).find(({ id }) => id === queued.rowId);
  if (under !== undefined && Object.entries(queued.shows.sets ?? {}).every(([name, value]) => equal(under[name], value))) return takings(queued, takes, [], {});
  const inUse = (collection: string) => [...plainRows(seen, collection).values()].filter((row) => (row["archivedAt"] ?? null) === null && (row["erasedAt"] ?? null) === null);
  const lines = inUse(takes.rows).filter((row) => row[takes.parent] === queued.rowId).toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
  const only = Object.fromEntries(Object.values(takes.only).map((collection) => [collection, inUse(collection).length === 1 ? String(inUse(collection)[0]?.["id"]) : null]));
  return takings(queued, takes, lines, only);
}
