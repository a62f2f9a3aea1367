import { describe, expect, test } from "vitest";
import { LIMITS } from "~/replica/checking";
import { camel } from "~/replica/overlay";
import type { Json } from "~/values/json";
import { wireValue, type WireKind } from "~/values/wire";
import schema from "../../../sync/vectors/schema.json";
import wire from "../../../sync/vectors/wire.json";

describe("wire.json", () => {
  test.each([["instant", "2026-03-02T09:30:00"], ["instant", "yesterday"], ["date", "2.3.2026"], ["id", "r"], ["decimal", "x1e9"], ["integer", "1.5"]] as const)("%s %s is refused", (kind, value) => {
    expect(() => wireValue(kind, value)).toThrow();
  });

  test.each(wire.values as readonly { kind: WireKind; value: Json; wire: Json }[])("$kind $value", ({ kind, value, wire: told }) => {
    expect(wireValue(kind, value)).toEqual(told);
  });

  test.each(wire.names as unknown as readonly (readonly [string, string])[])("%s", (snake, name) => {
    expect(camel(snake)).toBe(name);
    expect(camel(name)).toBe(name);
  });

  test("the limits of one mutation are the server's", () => {
    const { partBytes, items, keys, depth } = wire.limits;
    expect(LIMITS).toEqual({ partBytes, items, keys, depth });
  });
});

describe("schema.json", () => {
  const kinds = ["id", "text", "integer", "decimal", "boolean", "date", "instant", "list", "json"];

  test.each(Object.entries(schema.collections as Record<string, Record<string, string>>))("%s has fields of known kinds, the id first", (_, fields) => {
    expect(Object.keys(fields)[0]).toBe("id");
    for (const kind of Object.values(fields)) expect(kinds).toContain(kind);
  });
});
