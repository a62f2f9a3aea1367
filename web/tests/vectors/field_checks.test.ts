/** Checks of single values: the same texts are refused and taken on the server (tests/party/test_field_checks.py). */
import { describe, expect, it } from "vitest";
import { DESCRIPTION } from "~/generated/description";
import { matches, wrongWith } from "~/ui/field_checks";
import { customField } from "~/ui/described";
import type { Field } from "~/values/description";
import vectors from "../../../sync/vectors/field_checks.json";

const VECTORS = vectors as Readonly<Record<"refused" | "taken", Readonly<Record<string, readonly string[]>>>>;

function fieldOf(collection: string, name: string): Field {
  const found = DESCRIPTION.entities[collection]?.fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`${collection}.${name}`);
  return found;
}

describe("a pattern", () => {
  it.each(Object.keys(VECTORS.refused))("refuses: %s", (name) => {
    expect(VECTORS.refused[name]?.filter((text) => matches(name, text))).toEqual([]);
  });
  it.each(Object.keys(VECTORS.taken))("takes: %s", (name) => {
    expect(VECTORS.taken[name]?.filter((text) => !matches(name, text))).toEqual([]);
  });
  it("each of them", () => {
    expect(Object.keys(VECTORS.taken).toSorted()).toEqual(Object.keys(DESCRIPTION.patterns).toSorted());
  });
});

describe("a field", () => {
  const refused: readonly (readonly [string, string, string | number, string])[] = [
    ["customers", "phone", "123", "“电话”不是有效的电话号码。"],
    ["customers", "email", "not-mail", "“邮箱”的格式不正确。"],
    ["customers", "website", "javascript:alert(1)", "“网址”不是有效的网址。"],
    ["customers", "name", "客".repeat(201), "“客户名称”最多 200 个字。"],
    ["customers", "name", "a\u0001b", "“客户名称”含有无法保存的控制字符。"],
    ["customers", "level", "z", "“客户级别”没有这个选项。"],
    ["customers", "creditLimitMinor", -1, "“信用额度”不能为负数"],
    ["customers", "creditLimitMinor", "100000000000000001", "“信用额度”不能为负数"],
    ["products", "listPrice", "-1", "“标准售价”不能为负数"],
    ["products", "listPrice", "0.1234567", "“标准售价”不能为负数"],
    ["products", "listPrice", "1000000000000", "“标准售价”不能为负数"],
    ["contacts", "birthday", "1899-12-31", "“生日”超出允许的日期范围。"],
  ];
  it.each(refused)("%s.%s is refused: %s", (collection, name, value, says) => {
    expect(wrongWith(fieldOf(collection, name), value, "zh-CN")).toContain(says);
  });

  it("is told in English, with what to do", () => {
    expect(wrongWith(fieldOf("customers", "phone"), "123", "en")).toBe(
      "To save Phone you must give a valid telephone number. Give a mobile number, a landline with its area code (0571-88888888), or +country code and number.",
    );
    expect(wrongWith(fieldOf("customers", "name"), " ", "en", true)).toBe("To save this you must fill in Name. Fill it in and submit again.");
  });

  it("of the company's own is held to its length", () => {
    const own = customField({ id: "1", version: 1, _state: null, key: "k", kind: "text", labelZh: "备用", labelEn: null });
    expect(wrongWith(own, "x".repeat(2001), "zh-CN")).toContain("“备用”应为不超过 2000 个字的文本。");
    expect(wrongWith(own, "x".repeat(2000), "zh-CN")).toBeNull();
  });

  it("takes what the server takes", () => {
    for (const [collection, name, value] of [
      ["customers", "phone", " ０５７１－８８００１２３４ "],
      ["customers", "phone", ""],
      ["customers", "name", "😀".repeat(200)],
      ["customers", "notes", "two\r\nlines\there"],
      ["customers", "creditLimitMinor", "100000000000000000"],
      ["products", "listPrice", "12.5000000"],
      ["products", "listPrice", "0"],
      ["contacts", "birthday", "1990-02-03"],
    ] as const) {
      expect(wrongWith(fieldOf(collection, name), value, "zh-CN"), `${name} ${value}`).toBeNull();
    }
  });

  it("never shows a place that was not filled in", () => {
    for (const entity of Object.values(DESCRIPTION.entities)) {
      for (const field of entity.fields) {
        for (const value of ["\u0001", "x".repeat(20_001), "-1", "3000-01-01", "no"]) expect(wrongWith(field, value, "en") ?? "").not.toContain("{");
      }
    }
  });
});
