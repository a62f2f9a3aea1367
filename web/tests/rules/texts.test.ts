/** Every sentence that a person reads stands in both languages, and nowhere else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TOPICS } from "~/help/topics";
import { isNode, type Node, place, SOURCES, type Source, walk, WEB } from "./sources";

const CHINESE = /[\u3400-\u9fff]/;
const LETTERS = /[A-Za-z]{2,}/;
const SENTENCE = /^[A-Z][a-z’']+ [a-z]+|[a-z]+ [a-z]+ [a-z]+/;
// The same in both languages: abbreviations, and names of things that have no other.
const SAME = new Set(["PIN", "CSV", "SKU", "Excel", "Redis", "Ctrl K"]);
// A language is named in itself, for whoever reads no other; a browser as its makers name it.
const IN_ITS_OWN_LANGUAGE = new Set(["中文", "English", "微信 WeChat"]);
// Amounts in capitals as Chinese cheques and contracts have them, whatever the reader's language.
const CHINESE_BY_LAW = "screens/order/chinese_amount.ts";
const READ = new Set(["title", "alt", "placeholder", "aria-label", "aria-description", "aria-valuetext", "aria-roledescription", "label", "description", "okText", "cancelText", "message", "extra", "summary", "tooltip"]);

const inside = (...rooms: string[]): readonly Source[] => SOURCES.filter(({ path }) => rooms.some((room) => path.startsWith(`${room}/`)));

const NAMED = "⟨a name⟩"; // in place of what a name or a call brings

/** What is said literally in an expression; `null` where a name or a call brings all of it. */
function literal(node: Node): string | null {
  const parts: string[] = [];
  walk(node, (inner) => {
    if (inner.type === "Literal" && typeof inner["value"] === "string") parts.push(inner["value"]);
    if (inner.type === "TemplateElement") parts.push((inner["value"] as { cooked: string }).cooked);
    return true;
  });
  return parts.length === 0 ? null : parts.join("…");
}

function elements(node: Node): readonly Node[] {
  return (node["elements"] as (Node | null)[]).filter((one) => one !== null);
}

/** `[zh, en]`: two texts, the first of which is Chinese. */
function isPair(node: Node): boolean {
  if (node.type !== "ArrayExpression") return false;
  const [zh, en, ...more] = elements(node);
  return zh !== undefined && en !== undefined && more.length === 0 && CHINESE.test(literal(zh) ?? "") && !CHINESE.test(literal(en) ?? "");
}

/** The pairs that a text comes to: a function's, of every branch. */
function said(value: Node): readonly Node[] {
  switch (value.type) {
    case "ArrayExpression":
      return [value];
    case "ArrowFunctionExpression":
      return isNode(value["body"]) ? said(value["body"]) : [];
    case "ConditionalExpression":
      return [value["consequent"], value["alternate"]].filter(isNode).flatMap(said);
    case "BlockStatement": {
      const returned: Node[] = [];
      walk(value, (inner) => {
        if (inner.type === "ReturnStatement" && isNode(inner["argument"])) returned.push(...said(inner["argument"]));
        return true;
      });
      return returned;
    }
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return isNode(value["expression"]) ? said(value["expression"]) : [];
    default:
      return []; // a name: it is looked at where it is made
  }
}

interface Text {
  readonly source: Source;
  readonly at: Node;
  readonly pairs: readonly Node[];
}

/** All texts of all objects `… satisfies Texts`. */
const TEXTS: readonly Text[] = SOURCES.flatMap((source) => {
  const found: Text[] = [];
  walk(source.program, (node) => {
    const type = node["typeAnnotation"];
    if (node.type !== "TSSatisfiesExpression" || !isNode(type) || source.text.slice(type.start, type.end) !== "Texts") return true;
    for (const property of (node["expression"] as Node)["properties"] as Node[]) {
      if (isNode(property["value"])) found.push({ source, at: property, pairs: said(property["value"]) });
    }
    return true;
  });
  return found;
});

function wrong(is: (zh: string, en: string) => boolean): readonly string[] {
  return TEXTS.flatMap(({ source, at, pairs }) => pairs.filter((pair) => {
    const [zh, en] = elements(pair);
    return zh !== undefined && en !== undefined && !IN_ITS_OWN_LANGUAGE.has(literal(zh) ?? "") && is(literal(zh) ?? NAMED, literal(en) ?? NAMED);
  }).map(() => place(source, at)));
}

test("every text has two languages", () => {
  expect(TEXTS.length).toBeGreaterThan(500);
  expect(TEXTS.flatMap(({ source, at, pairs }) => pairs.filter((pair) => elements(pair).length !== 2).map(() => place(source, at)))).toEqual([]);
  expect(TEXTS.filter(({ at, pairs }) => pairs.length === 0 && isNode(at["value"]) && at["value"].type === "Literal").map(({ source, at }) => place(source, at))).toEqual([]);
});

test("neither is empty, and they are not the same", () => {
  expect(wrong((zh, en) => zh.trim() === "" || en.trim() === "")).toEqual([]);
  expect(wrong((zh, en) => zh === en && zh !== NAMED && LETTERS.test(zh) && !SAME.has(zh))).toEqual([]);
});

test("the first is Chinese and the second is not", () => {
  expect(wrong((zh) => zh !== NAMED && LETTERS.test(zh) && !CHINESE.test(zh) && !SAME.has(zh))).toEqual([]);
  expect(wrong((_, en) => CHINESE.test(en))).toEqual([]);
});

/** Texts in a file that stand in no pair and are not meant for developers. */
function loose(source: Source, is: (text: string, node: Node, parent: Node) => boolean): readonly string[] {
  const places: string[] = [];
  const go = (node: Node, parent: Node): void => {
    if (isPair(node) || node.type === "ImportDeclaration" || node.type.startsWith("TSLiteral") || node.type === "ThrowStatement") return;
    if (node.type === "NewExpression" && /^new \w*Error\(/.test(source.text.slice(node.start))) return;
    if (node.type === "CallExpression" && /^console\./.test(source.text.slice(node.start))) return;
    const text = node.type === "JSXText" || (node.type === "Literal" && typeof node["value"] === "string") ? String(node["value"]) : node.type === "TemplateElement" ? (node["value"] as { cooked: string }).cooked : null;
    if (text !== null && is(text.trim(), node, parent)) places.push(place(source, node));
    for (const [name, value] of Object.entries(node)) {
      if (name === "typeAnnotation" || name === "typeArguments") continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) go(child, node);
    }
  };
  go(source.program, source.program);
  return places;
}

const SHOWN = inside("screens", "ui", "app", "data", "help");

test("no Chinese stands outside of such a pair", () => {
  expect(SHOWN.filter(({ path }) => path !== CHINESE_BY_LAW).flatMap((source) => loose(source, (text) => CHINESE.test(text) && !IN_ITS_OWN_LANGUAGE.has(text)))).toEqual([]);
});

test("no English stands outside of such a pair where a person would read it", () => {
  const isShown = (text: string, node: Node, parent: Node): boolean => {
    if (IN_ITS_OWN_LANGUAGE.has(text) || SAME.has(text)) return false;
    if (node.type === "JSXText") return LETTERS.test(text.replace(/&\w+;/g, ""));
    if (parent.type === "JSXAttribute") return READ.has(String((parent["name"] as Node)["name"])) && LETTERS.test(text);
    if (parent.type === "Property" && (parent["value"] as Node) === node) return READ.has(String((parent["key"] as Node)["name"])) && /[A-Z][a-z]/.test(text);
    return SENTENCE.test(text);
  };
  expect(SHOWN.flatMap((source) => loose(source, isShown))).toEqual([]);
});

test("each place has a help topic, and each topic that is named exists", () => {
  const routes = readFileSync(join(WEB, "src/app/routes.tsx"), "utf8");
  const screens = new Set([...routes.matchAll(/import\("~\/screens\/(\w+)\/screen"\)/g)].map(([, screen = ""]) => screen));
  expect(screens.size).toBeGreaterThan(20);
  const named = new Map([...screens].map((screen) => [screen, inside(`screens/${screen}`).flatMap(({ text }) => [...text.matchAll(/\bhelp="([^"]+)"/g)].map(([, topic = ""]) => topic))]));
  expect([...named].filter(([screen, topics]) => topics.length === 0 && screen !== "help").map(([screen]) => screen)).toEqual([]);
  expect([...named.values()].flat().filter((topic) => !TOPICS.includes(topic))).toEqual([]);
});

test("each screen has texts of its own, in both languages", () => {
  const screens = readdirSync(join(WEB, "src/screens"));
  expect(screens.filter((screen) => !TEXTS.some(({ source }) => source.path.startsWith(`screens/${screen}/`)))).toEqual([]);
});
