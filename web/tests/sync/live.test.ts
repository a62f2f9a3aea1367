import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { follows } from "~/replica/pages";
import { pauseAfter } from "~/sync/live";

const VECTORS = JSON.parse(readFileSync(fileURLToPath(new URL("../../../sync/vectors/live.json", import.meta.url)), "utf8")) as {
  readonly follows: readonly { readonly cursor: string; readonly follows: string }[];
};

test.each(VECTORS.follows)("a page that leads on from $cursor", ({ cursor, follows: told }) => {
  expect(follows(cursor)).toBe(told);
});

describe("pauses", () => {
  const ends = (code: number | null, failures: number, seen: boolean): readonly [number, number] => [
    pauseAfter(code, failures, seen, () => 0),
    pauseAfter(code, failures, seen, () => 1),
  ];

  test.each([
    [1012, 0, 5],
    [1013, 5, 30],
    [4429, 60, 120],
  ])("the server says %i: spread, however often it failed and whoever looks", (code, from, to) => {
    expect(ends(code, 0, true)).toEqual([from, to]);
    expect(ends(code, 9, false)).toEqual([from, to]);
  });

  test("without a word they begin at half a second, double, and are spread", () => {
    expect(ends(null, 0, false)).toEqual([0.25, 0.75]);
    expect(ends(null, 2, false)).toEqual([1, 3]);
    expect(ends(null, 20, false)).toEqual([15, 45]);
  });

  test("never more than four seconds while somebody looks", () => {
    for (let failures = 0; failures < 30; failures += 1) {
      expect(pauseAfter(null, failures, true, () => 1)).toBeLessThanOrEqual(4);
    }
  });
});
