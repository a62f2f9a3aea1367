/** Who may import whom: the table in web/README.md, read from there. */
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { expect, test } from "vitest";
import { imported, SOURCES, WEB } from "./sources";

const ROW = /^\| `src\/(\w+)\/` \|[^|]*\| ([^|]*) \|$/gm;
const ROOMS = new Map([...readFileSync(join(WEB, "README.md"), "utf8").matchAll(ROW)].map(([, room = "", may = ""]) => [room, may.split(", ").map((one) => one.trim())]));

/** From `src` on; null: a package's. */
function target(from: string, name: string): string | null {
  if (name.startsWith("~/")) return name.slice(2);
  return name.startsWith(".") ? normalize(join(from, "..", name)) : null;
}

function mayImport(room: string, to: string): boolean {
  const may = ROOMS.get(room) ?? [];
  return may.includes("all") || may.some((one) => to === one || to.startsWith(`${one}/`));
}

const IMPORTS = SOURCES.flatMap((source) =>
  imported(source).flatMap((name) => {
    const to = target(source.path, name);
    return to === null || to.startsWith("..") ? [] : [{ from: source.path, to }];
  }),
);

test("every room stands in the table, and nothing else does", () => {
  const rooms = new Set(SOURCES.map(({ path }) => path.split("/")).flatMap(([room = "", ...rest]) => (rest.length > 0 ? [room] : [])));
  expect([...ROOMS.keys()].sort()).toEqual([...rooms, "generated"].sort());
});

test("a room imports what the table allows it, and nothing else", () => {
  expect(IMPORTS.length).toBeGreaterThan(500);
  const wrong = IMPORTS.filter(({ from, to }) => {
    const [room = "", inner] = from.split("/");
    return inner !== undefined && to.split("/")[0] !== room && !mayImport(room, to);
  });
  expect(wrong).toEqual([]);
});

test("no screen imports another one", () => {
  const wrong = IMPORTS.filter(({ from, to }) => {
    const [room, screen] = from.split("/");
    const [toRoom, toScreen] = to.split("/");
    return room === "screens" && toRoom === "screens" && screen !== toScreen;
  });
  expect(wrong).toEqual([]);
});

test("only the device room starts a worker", () => {
  const starts = SOURCES.filter(({ text }) => /\bnew (Shared)?Worker\(/.test(text)).map(({ path }) => path);
  expect(starts.filter((path) => !path.startsWith("device/"))).toEqual([]);
});
