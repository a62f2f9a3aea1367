/** Before the sign-in what is missing is said by the product, in the reader's language. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../../src/app/entrance/", import.meta.url);
const FORMS = readdirSync(FOLDER)
  .map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")] as const)
  .flatMap(([name, text]) => [...text.matchAll(/<form\b[^>]*>/g)].map(([form]) => [name, form] as const));

test("no form leaves it to the browser, which speaks a language of its own", () => {
  expect(FORMS.length).toBeGreaterThan(3);
  expect(FORMS.filter(([, form]) => !form.includes("noValidate"))).toEqual([]);
});
