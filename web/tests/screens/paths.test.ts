/** Addresses of forms: what they begin with, and where they lead on to. */
import { expect, test } from "vitest";
import { MADE, newPath, newPathThen, pickingPath, readGiven, readPicked, withoutPicked } from "~/ui/paths";

test("a form leads on to places of the app alone", () => {
  for (const next of ["https://example.com", "//example.com", "/\\example.com", "javascript:alert(1)", "start", ""]) expect(readGiven(`next=${encodeURIComponent(next)}`).next).toBeNull();
});

test("what it begins with stays apart from where it leads on to", () => {
  expect(readGiven(newPathThen("warehouses", "/counts/new").split("?")[1] ?? "")).toEqual({ given: {}, next: "/counts/new" });
  expect(readGiven(newPath("contacts", { customerId: "c1" }).split("?")[1] ?? "")).toEqual({ given: { customerId: "c1" }, next: null });
});

test("what is made on the way is given to the picker that it was missing in", () => {
  const next = readGiven(newPathThen("customers", pickingPath("/orders/new", "copy=o1", "customers"), { name: "新客户" }).split("?")[1] ?? "");
  expect(next).toEqual({ given: { name: "新客户" }, next: `/orders/new?copy=o1&picked=customers.${MADE}` });
  const back = (next.next ?? "").replace(MADE, "018f0000-0000-7000-8000-00000000000a").split("?")[1] ?? "";
  expect(readPicked(back, "customers")).toBe("018f0000-0000-7000-8000-00000000000a");
  expect(readPicked(back, "warehouses")).toBeNull();
  expect(readPicked(`picked=customers.${MADE}`, "customers")).toBeNull();
  expect(readGiven(back).given).toEqual({ copy: "o1" });
  expect(withoutPicked("/orders/new", back)).toBe("/orders/new?copy=o1");
  expect(withoutPicked("/orders/new", "picked=customers.x")).toBe("/orders/new");
});
