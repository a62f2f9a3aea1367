/** Every screen's help is there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TOPICS } from "~/help/topics";

const SCREENS = join(import.meta.dirname, "../../src/screens");

it("each topic that a screen names exists", () => {
  const named = readdirSync(SCREENS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".tsx"))
    .flatMap((path) => [...readFileSync(join(SCREENS, path), "utf8").matchAll(/\bhelp="([^"]+)"/g)].map(([, topic = ""]) => topic));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((topic) => !TOPICS.includes(topic))).toEqual([]);
});
