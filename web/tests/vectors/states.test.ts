import { describe, expect, test } from "vitest";
import type { JsonObject } from "~/values/json";
import { begin, pull, MEMBER } from "../replica/world";
import states from "../../../sync/vectors/states.json";

interface Case {
  readonly name: string;
  readonly collection?: string;
  readonly rows: readonly JsonObject[];
  readonly entries: readonly { command: string; state: string; arguments: JsonObject }[];
  readonly queue: readonly { command: string; arguments: JsonObject }[];
  readonly shows: readonly JsonObject[];
}

/** Short ids of the cases as ids are: the replica reads them from their place in the row's text. */
function longId(value: unknown): unknown {
  if (typeof value === "string" && /^[a-z]$/.test(value)) return `018f0000-0000-7000-8000-${value.codePointAt(0)?.toString(16).padStart(12, "0")}`;
  if (Array.isArray(value)) return value.map(longId);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "level" ? item : longId(item)]));
}

describe("states.json", () => {
  test.each(states as unknown as readonly Case[])("$name", async (given) => {
    const { collection = "customers", rows, entries, queue, shows } = longId(given) as Case;
    const { replica } = await begin();
    const inbox = entries.map((entry, number) => ({
      id: `018f0000-0000-7000-8000-0000000000f${number}`, version: 1, mutationId: `u${number}`, madeAt: "2026-03-02T01:30:00.000000Z",
      createdAt: `2026-03-02T01:30:0${number}.000000Z`, ownerId: MEMBER, ...entry,
    }));
    await pull(replica, "c1", [{ name: collection, puts: rows.map(({ id, ...row }) => ({ id: id ?? null, ...row })) }, { name: "inbox", puts: inbox }]);
    for (const { command, arguments: args } of queue) await replica.mutate(command, args);
    const { rows: found } = await replica.list({ collection, limit: 100, archived: "all" });
    const byId = new Map(found.map((row) => [row.id, row]));
    expect([...byId.keys()].sort()).toEqual(shows.map(({ id }) => id).sort());
    for (const row of shows) expect(byId.get(String(row["id"]))).toMatchObject(row);
  });
});
