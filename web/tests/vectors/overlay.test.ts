import { describe, expect, test } from "vitest";
import { additions, baseSent, childRows, effectOn, equal } from "~/replica/overlay";
import type { Queued } from "~/replica";
import type { Json, JsonObject } from "~/values/json";
import overlay from "../../../sync/vectors/overlay.json";

interface Case {
  readonly name: string;
  readonly row: JsonObject | null;
  readonly server?: JsonObject;
  readonly effect: Queued["effect"];
  readonly arguments: JsonObject;
  readonly sets?: JsonObject;
  readonly children?: Queued["shows"]["children"];
  readonly adds?: NonNullable<Queued["shows"]["adds"]>;
  readonly others?: readonly JsonObject[];
  readonly there?: readonly string[];
  readonly merges?: boolean;
  readonly shows: JsonObject | null;
  readonly hides?: readonly string[];
  readonly childRows?: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly added?: Readonly<Record<string, JsonObject>>;
  readonly base: JsonObject;
  readonly serverBase?: JsonObject;
}

function queuedOf(given: Case): Queued {
  const shows = { ...(given.sets && { sets: given.sets }), ...(given.children && { children: given.children }), ...(given.adds && { adds: given.adds }) };
  return {
    n: 1, uuid: "u", command: "c", arguments: given.arguments, base: {}, serverBase: {}, madeAt: "2026-03-02T01:30:00.000000Z", schema: null, schemaVersion: 1,
    collection: "customers", effect: given.effect, rowId: "r", outcome: null, settled: false, shows,
  };
}

/** What `queued` adds to `others`: those that change, by id. */
function addedTo(others: readonly JsonObject[], queued: Queued, collection: string, there: ReadonlySet<string>): Readonly<Record<string, JsonObject>> {
  const standing = new Map(others.map((row) => [String(row["id"]), row]));
  const found: Record<string, JsonObject> = {};
  for (const addition of additions(queued, collection, "m")) {
    if (addition.made !== null && there.has(addition.id)) continue;
    const row = addition.apply([...standing.values()].find((other) => Object.entries(addition.match).every(([name, value]) => equal(other[name], value))) ?? null);
    standing.set(String(row["id"]), row);
    found[String(row["id"])] = row;
  }
  return found;
}

describe("overlay.json", () => {
  test.each(overlay as unknown as readonly Case[])("$name", (given) => {
    const queued = queuedOf(given);
    const before = JSON.stringify(given.row);
    const shown = effectOn(given.row, queued, "m");
    expect(JSON.stringify(given.row)).toBe(before);
    if (given.shows === null) expect(shown).toBeNull();
    else expect(shown).toMatchObject(given.shows);
    for (const name of given.hides ?? []) expect(shown).not.toHaveProperty(name);
    for (const [collection, rows] of Object.entries(given.childRows ?? {})) {
      const found = Object.fromEntries(childRows(queued, collection, "m"));
      expect(Object.keys(found)).toEqual(Object.keys(rows));
      expect(found).toMatchObject(rows);
    }
    const merges = given.merges ?? ["create", "edit"].includes(given.effect);
    const known = { merges, effect: given.effect, sets: given.sets ?? {} };
    const sent: readonly [JsonObject, JsonObject] = baseSent(known, given.row, given.server ?? null, given.arguments);
    expect(sent).toEqual([given.base, given.serverBase ?? {}]);
    if (given.adds === undefined) return;
    const there = new Set([...(given.there ?? []), ...(given.row === null ? [] : [String(given.row["id"])])]);
    const found = addedTo(given.others ?? [], queued, "balances", there);
    expect(Object.keys(found).sort()).toEqual(Object.keys(given.added ?? {}).sort());
    expect(found).toMatchObject(given.added as Record<string, Json>);
    expect(addedTo([], queued, "elsewhere", new Set())).toEqual({});
  });
});
