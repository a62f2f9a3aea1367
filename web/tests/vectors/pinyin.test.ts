import { beforeAll, describe, expect, test, vi } from "vitest";
import { fold, loadPinyin, queryTerm, sortKey, spellings } from "~/values/pinyin";
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

// In a browser a module stays what it is.
test.runIf(typeof document === "undefined")("before the tables are there it is said so, and a plain text needs none", async () => {
  vi.resetModules();
  const fresh = await import("~/values/pinyin");
  expect(() => fresh.sortKey("云")).toThrow("loadPinyin() comes first");
  expect(fresh.fold("ABC")).toBe("abc");
});

test("a text is folded as the server folds it", () => {
  expect(["Ｙｕｎ", "É", "Straße", "ＡＢＣ１２３", "が", "한"].map(fold)).toEqual(["yun", "e", "strasse", "abc123", "が", "한"]);
  expect(queryTerm("Ａ-１ 云·帆!")).toBe("a1云帆");
});

test("names stand in human order: by reading, a word by its own, numbers by value", () => {
  const names = ["云帆10", "云帆9", "阿里", "曾氏", "重庆", "abc", "张三", "长沙", "银行"];
  expect(names.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))).toEqual(["阿里", "abc", "长沙", "重庆", "银行", "云帆9", "云帆10", "曾氏", "张三"]);
});

test("a long name has a bounded key and a bounded number of spellings", () => {
  expect(sortKey("云".repeat(500)).length).toBe(240);
  const { full } = spellings("曾重行乐长".repeat(4));
  expect(full.length).toBeLessThanOrEqual(6);
});
