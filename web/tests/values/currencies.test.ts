/** The digits of every currency that the server knows are the server's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { minorDigits, USUAL_CURRENCIES } from "~/values/money";

const SERVERS = readFileSync(join(import.meta.dirname, "../../../values/money.py"), "utf8");

function listed(name: string): readonly string[] {
  const [, body = ""] = new RegExp(`^${name} = (?:frozenset\\()?[({]([^)}]*)[)}]`, "m").exec(SERVERS) ?? [];
  return [...body.matchAll(/"([A-Z]{3})"/g)].map(([, code = ""]) => code);
}

test("each has as many as there", () => {
  const [all, whole, thousandths] = [listed("CURRENCIES"), listed("_WHOLE"), listed("_THOUSANDTHS")];
  expect(all.length).toBeGreaterThan(150);
  expect(whole.length).toBeGreaterThan(10);
  expect(all.map((code) => [code, minorDigits(code)])).toEqual(all.map((code) => [code, whole.includes(code) ? 0 : thousandths.includes(code) ? 3 : 2]));
});

test("those offered first are among them", () => {
  const all = listed("CURRENCIES");
  expect(USUAL_CURRENCIES.filter((code) => !all.includes(code))).toEqual([]);
});
