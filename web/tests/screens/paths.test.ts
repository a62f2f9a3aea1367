/** Addresses of forms: what they begin with, and where they lead on to. */
import { expect, test } from "vitest";
import { newPath, newPathThen, readGiven } from "~/ui/paths";

test("a form leads on to places of the app alone", () => {
  for (const next of ["https://example.com", "//example.com", "/\\example.com", "javascript:alert(1)", "start", ""]) expect(readGiven(`next=${encodeURIComponent(next)}`).next).toBeNull();
});

test("what it begins with stays apart from where it leads on to", () => {
  expect(readGiven(newPathThen("warehouses", "/counts/new").split("?")[1] ?? "")).toEqual({ given: {}, next: "/counts/new" });
  expect(readGiven(newPath("contacts", { customerId: "c1" }).split("?")[1] ?? "")).toEqual({ given: { customerId: "c1" }, next: null });
});
