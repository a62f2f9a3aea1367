/** Products as people name them: what one text may mean. */
import { expect, test } from "vitest";
import { findProducts, offerProducts } from "~/data/products";
import type { Device, ListQuery, Row } from "~/device/api";

const row = (id: string, code: string, name: string, barcode = "") => ({ id, version: 1, code, name, custom: { barcode } }) as unknown as Row;
const TEA = row("1", "T-1", "绿茶", "690");
const TIN = row("2", "T-2", "绿茶礼盒", "690");
const CUP = row("3", "690691", "茶杯", "691");
const POT = row("4", "P-1", "茶壶", "690691");
const JAR = row("5", "P-2", "茶罐", "690691");

/** As the replica answers: `in` on a field, the text anywhere in name, code or barcode. */
const device = {
  list: async ({ collection, where = [], text = "" }: ListQuery) => {
    if (collection === "customFields") return { rows: [{ id: "f", version: 1, key: "barcode" }], total: 1 };
    const said = (of: Row): string => JSON.stringify(of);
    const held = (of: Row, field: string): unknown => (field === "custom.barcode" ? (of["custom"] as { barcode: string }).barcode : of[field]);
    const rows = [TEA, TIN, CUP, POT, JAR].filter((of) => said(of).includes(text) && where.every(({ field, value }) => (value as unknown[]).includes(held(of, field))));
    return { rows, total: rows.length };
  },
} as unknown as Device;

const idsOf = (products: readonly { readonly id: string }[]): string[] => products.map(({ id }) => id);

test("a barcode of two products is neither's", async () => {
  const [found] = await findProducts(device, ["690"]);
  expect(found).toMatchObject({ alike: true });
  expect(idsOf(found !== undefined && "several" in found ? found.several : [])).toEqual(["1", "2"]);
});

test("what only finds several is no product either, and asks for none of them", async () => {
  expect(await findProducts(device, ["茶", "没有"])).toMatchObject([{ several: [{ id: "1" }, { id: "2" }, { id: "3" }, { id: "4" }, { id: "5" }], alike: false }, { several: [], alike: false }]);
});

test("a code, a barcode and a name of one product are this product; a code goes before barcodes", async () => {
  expect(await findProducts(device, ["t-1", "691", "绿茶礼盒", "690691"])).toMatchObject([{ product: { id: "1" } }, { product: { id: "3" } }, { product: { id: "2" } }, { product: { id: "3" } }]);
});

test("offers say which of them have the one barcode, unless it is a product's code", async () => {
  const offers = await offerProducts(device, "690");
  expect(idsOf(offers.filter(({ alike }) => alike === true))).toEqual(["1", "2"]);
  expect(idsOf(offers).slice(0, 2)).toEqual(["1", "2"]);
  expect((await offerProducts(device, "690691")).filter(({ alike }) => alike === true)).toEqual([]);
  expect((await offerProducts(device, "691")).filter(({ alike }) => alike === true)).toEqual([]);
});
