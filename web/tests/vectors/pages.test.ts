import { describe, expect, test } from "vitest";
import { PageCut, checksum, folded, bucketOf, digestOf, hashText, idOf, parsePage } from "~/replica";
import rows from "../../../sync/vectors/rows.json";
import staging from "../../../sync/vectors/staging.json";
import wire from "../../../sync/vectors/wire.json";
import { begin, killed } from "../replica/world";

describe("rows.json", () => {
  test.each(rows as readonly { name: string; body: string; cut?: boolean; sections?: readonly { name: string; mode: string; removes: string[]; puts: string[] }[] }[])("$name", ({ body, cut, sections }) => {
    if (cut) {
      expect(() => parsePage(body)).toThrow(PageCut);
      return;
    }
    const found = parsePage(new TextEncoder().encode(body)).sections;
    expect(found.map(({ collection, ...section }) => ({ name: collection, ...section }))).toEqual(sections);
  });
});

describe("staging.json", () => {
  const cases = staging as readonly { name: string; steps: readonly { page: string; shows: Readonly<Record<string, readonly string[]>> }[] }[];
  for (const restarts of [false, true]) {
    test.each(cases)(`$name ${restarts ? "(killed after each page)" : ""}`, async ({ steps }) => {
      let { driver, replica } = await begin();
      for (const { page, shows } of steps) {
        expect(await replica.store.keep(parsePage(page), await replica.store.standing())).toBe(true);
        if (restarts) ({ driver, replica } = await killed(driver));
        for (const [collection, texts] of Object.entries(shows)) {
          expect((await replica.store.baseTexts(collection)).map(([, text]) => text)).toEqual(texts);
        }
      }
    });
  }
});

describe("wire.json checksums", () => {
  const cases = wire.checksums as readonly { rows: string[]; count: number; hash: string; buckets: Record<string, string>; bucketsOf4: Record<string, string> }[];
  test.each(cases)("$count rows", ({ rows: texts, count, hash, buckets, bucketsOf4 }) => {
    expect(checksum(texts.map((text) => [idOf(text), text]))).toEqual({ count, hash });
    const mixed = Array.from({ length: 1024 }, () => 0n);
    for (const text of texts) mixed[bucketOf(idOf(text))] = (mixed[bucketOf(idOf(text))] ?? 0n) ^ digestOf(text);
    const told = (hashes: readonly string[]) => Object.fromEntries([...hashes.entries()].filter(([, found]) => found !== hashText(0n)).map(([number, found]) => [String(number), found]));
    expect(told(mixed.map(hashText))).toEqual(buckets);
    expect(told(folded(mixed, 4))).toEqual(bucketsOf4);
  });
});
