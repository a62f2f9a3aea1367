/** What no page may do: run a text as a program, take a text for markup, keep more than preferences where every script can read. */
import { expect, test } from "vitest";
import { type Node, isNode, place, SOURCES, type Source, walk } from "./sources";

const MARKUP = new Set(["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML", "srcdoc", "srcDoc", "createContextualFragment", "setHTMLUnsafe", "parseHTMLUnsafe"]);
const PROGRAMS = new Set(["eval", "Function", "importScripts"]);
// Columns of lists and grids, language, theme, what a person folded away.
const KEEPS_PREFERENCES = ["app/preferences.tsx", "app/shell/kept.ts", "ui/grid/widths.ts"];
// Whether anybody has an account on this device: nothing of whose.
const KEEPS_A_GUESS = ["device/spare_worker.ts"];
// Which of the device's accounts this tab has open: a tenant's and a member's id. Which drafts it holds: their names.
const KEEPS_FOR_THE_TAB = ["device/accounts.ts", "data/drafts.ts"];

function nameOf(node: unknown): string {
  return isNode(node) ? String(node["name"] ?? node["value"] ?? "") : "";
}

function found(is: (node: Node, source: Source) => boolean): string[] {
  return SOURCES.flatMap((source) => {
    const places: string[] = [];
    walk(source.program, (node) => {
      if (is(node, source)) places.push(place(source, node));
      return true;
    });
    return places;
  });
}

const names = (node: Node): readonly string[] => {
  if (node.type === "MemberExpression") return [nameOf(node["property"])];
  if (node.type === "JSXAttribute") return [nameOf(node["name"])];
  return node.type === "Property" ? [nameOf(node["key"])] : [];
};

test("no text becomes markup", () => {
  expect(found((node) => names(node).some((name) => MARKUP.has(name)))).toEqual([]);
  expect(found((node) => node.type === "MemberExpression" && nameOf(node["object"]) === "document" && nameOf(node["property"]).startsWith("write"))).toEqual([]);
});

test("no text becomes a program", () => {
  expect(found((node) => /^(Call|New)Expression$/.test(node.type) && PROGRAMS.has(nameOf(node["callee"])))).toEqual([]);
  const asText = (node: Node): boolean => isNode(node) && (node.type === "Literal" ? typeof node["value"] === "string" : node.type === "TemplateLiteral");
  expect(found((node) => node.type === "CallExpression" && /^set(Timeout|Interval)$/.test(nameOf(node["callee"])) && asText((node["arguments"] as Node[])[0] as Node))).toEqual([]);
});

test("nothing but preferences, and a guess, is kept where every script can read it", () => {
  const uses = (name: string) => SOURCES.filter(({ program }) => {
    let used = false;
    walk(program, (node) => {
      used ||= node.type === "Identifier" && node["name"] === name;
      return !used;
    });
    return used;
  }).map(({ path }) => path);
  expect(uses("localStorage").filter((path) => ![...KEEPS_PREFERENCES, ...KEEPS_A_GUESS].includes(path))).toEqual([]);
  expect(uses("sessionStorage").filter((path) => !KEEPS_FOR_THE_TAB.includes(path))).toEqual([]);
  expect(uses("localStorage").length).toBeGreaterThan(0);
  expect(found((node) => node.type === "MemberExpression" && nameOf(node["property"]) === "cookie")).toEqual([]);
});
