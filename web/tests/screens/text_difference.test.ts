import { expect, it } from "vitest";
import { difference } from "~/screens/inbox/text_difference";

const sides = (pieces: ReturnType<typeof difference>) => ({
  before: pieces.filter((piece) => piece.kind !== "new").map((piece) => piece.text).join(""),
  after: pieces.filter((piece) => piece.kind !== "gone").map((piece) => piece.text).join(""),
});

it("says nothing of equal texts but that they stay", () => {
  expect(difference("一样", "一样")).toEqual([{ kind: "same", text: "一样" }]);
  expect(difference("", "")).toEqual([]);
});

it("marks Chinese character by character and English word by word", () => {
  expect(difference("客户要求周五送货", "客户要求周六送货")).toEqual([
    { kind: "same", text: "客户要求周" },
    { kind: "gone", text: "五" },
    { kind: "new", text: "六" },
    { kind: "same", text: "送货" },
  ]);
  expect(difference("call on Friday", "call on Monday").filter((piece) => piece.kind !== "same")).toEqual([
    { kind: "gone", text: "Friday" },
    { kind: "new", text: "Monday" },
  ]);
});

it.each([
  ["", "新"],
  ["旧", ""],
  ["第一行\n第二行", "第一行\n插入\n第二行改"],
  ["a\u00a0b\t🙂 c", "a b 🙂d c"],
  ["甲".repeat(3000), `${"甲".repeat(1500)}乙\n${"甲".repeat(1500)}`],
])("loses nothing of either text", (before, after) => {
  expect(sides(difference(before, after))).toEqual({ before, after });
});

it("compares long texts in time", () => {
  const before = Array.from({ length: 4000 }, (_, at) => `第${at}行 some words here`).join("\n");
  const started = performance.now();
  const after = before.replace("第2000行", "改了").replace("第10行", "也改了");
  expect(sides(difference(before, after))).toEqual({ before, after });
  expect(performance.now() - started).toBeLessThan(2000);
});
