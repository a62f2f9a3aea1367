import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { follows } from "~/replica/pages";
import { pauseAfter } from "~/sync/live";

const VECTORS = JSON.parse(readFileSync(fileURLToPath(new URL("../../../sync/vectors/live.json", import.meta.url)), "utf8")) as {
  readonly follows: readonly { readonly cursor: string; readonly follows: string }[];
  readonly pauses: readonly { readonly code: number | null; readonly failures: number; readonly within: readonly [number, number] }[];
};

test.each(VECTORS.follows)("a page that leads on from $cursor", ({ cursor, follows: told }) => {
  expect(follows(cursor)).toBe(told);
});

describe("pauses", () => {
  const ends = (code: number | null, failures: number, seen: boolean): readonly number[] => [0, 1].map((random) => pauseAfter(code, failures, seen, () => random));

  test.each(VECTORS.pauses)("closed with $code after $failures failures", ({ code, failures, within }) => {
    expect(ends(code, failures, false)).toEqual(within);
  });

  test.each([1012, 1013, 4429])("what the server says by %i holds, whoever looks", (code) => {
    expect(ends(code, 9, true)).toEqual(ends(code, 0, false));
  });

  test("never more than four seconds while somebody looks", () => {
    for (let failures = 0; failures < 30; failures += 1) {
      expect(pauseAfter(null, failures, true, () => 1)).toBeLessThanOrEqual(4);
    }
  });
});
