/** What the client asks by name: every document in graphql/operations/ is asked by somebody. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SOURCES, WEB, walk } from "./sources";

test("every operation is asked by the client", () => {
  const operations = readdirSync(join(WEB, "../graphql/operations"))
    .filter((name) => name.endsWith(".graphql"))
    .map((name) => name.slice(0, -".graphql".length).split("_").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(""));
  expect(operations.length).toBeGreaterThan(50);
  const said = new Set<unknown>();
  for (const { program } of SOURCES) {
    walk(program, (node) => {
      if (node.type === "Literal") said.add(node["value"]);
      return true;
    });
  }
  expect(operations.filter((name) => !said.has(name))).toEqual([]);
});
