import { beforeAll, describe, expect, test } from "vitest";
import { loadPinyin, queryTerm, sortKey, spellings } from "~/values/pinyin";
import pinyin from "../../../sync/vectors/pinyin.json";

beforeAll(() => loadPinyin());

describe("pinyin.json", () => {
  test("every key is the server's", () => {
    const names = pinyin as unknown as readonly (readonly [string, string])[];
    expect(names.length).toBeGreaterThanOrEqual(300);
    expect(names.map(([name]) => [name, sortKey(name)])).toEqual(names);
  });
});

test("what says nothing is not searched for", () => {
  expect(queryTerm(" -·（）")).toBe("");
});

test("a name is spelled as people type it, second readings too", () => {
  expect(spellings("云帆科技")).toEqual({ full: ["yunfankeji"], initials: ["yfkj"] });
  expect(spellings("重庆银行").full[0]).toBe("chongqingyinhang");
  expect(spellings("曾记").full).toContain("zengji");
  expect(spellings("吕布").full).toEqual(expect.arrayContaining(["lvbu", "lubu"]));
  expect(spellings("3M中国").initials).toContain("3mzg");
});
