/** The columns of a count. */
import { useMemo } from "react";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { findProducts, offerProducts } from "~/data/products";
import type { Device } from "~/device/api";
import { PRODUCT_HEADINGS, PRODUCT_NAMES, QUANTITY_NAMES } from "~/ui/grid/headings";
import type { GridColumn, GridSpec, Written } from "~/ui/grid/model";
import { writtenQuantity } from "~/ui/grid/typed";
import { fieldLabel, fieldNames } from "~/ui/labels";
import { grouped } from "~/values/money";
import { dayOf } from "~/values/moments";
import { isNaturalQuantity, sumOf } from "~/values/pricing";
import { uuid7 } from "~/values/uuid7";
import { differenceIn, emptyCountLine, isBlankCount, type CountLine } from "./lines";
import { COUNT_TEXTS } from "./texts";

type Said = ReturnType<typeof useTexts<typeof COUNT_TEXTS>>;

interface Asked {
  readonly blind: boolean;
  readonly locked: boolean;
  /** Products that stand in several lines. */
  readonly twice: ReadonlySet<string>;
  /** A tablet's: what is counted, what the book says, and no more. */
  readonly narrow: boolean;
}

export function useCountSpec({ blind, locked, twice, narrow }: Asked): GridSpec<CountLine> {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(COUNT_TEXTS);
  return useMemo(() => {
    const label = (field: string) => fieldLabel("stockCountLines", field, language);
    const signed = (text: string) => (text === "" || text.startsWith("-") || text === "0" ? grouped(text) : `+${grouped(text)}`);
    const differences = (lines: readonly CountLine[]) => signed(sumOf(lines.map(differenceIn)));
    const book: readonly GridColumn<CountLine>[] = [
      { key: "book", title: t.book, width: 110, align: "end", readOnly: true, text: (line) => grouped(line.book?.expected ?? ""), sum: (lines) => grouped(sumOf(lines.map((line) => line.book?.expected ?? ""))) },
      { key: "difference", figure: true, title: t.difference, width: 110, align: "end", readOnly: true, text: (line) => signed(differenceIn(line)), sum: differences },
    ];
    const seen: GridColumn<CountLine> = { key: "seen", title: t.lastCounted, width: 130, readOnly: true, text: (line) => (line.book === null ? "" : line.book.countedAt ? dayOf(new Date(line.book.countedAt)) : t.never) };
    const code: GridColumn<CountLine> = { key: "code", title: fieldLabel("products", "code", language), width: 120, readOnly: true, text: (line) => line.product?.code ?? "" };
    const whole: readonly GridColumn<CountLine>[] = [
      productColumn(device, label("productId"), twice, t),
      code,
      { key: "unit", title: t.unit, width: 84, readOnly: true, text: (line) => line.product?.unit ?? "" },
      countedColumn(label("counted"), t),
      ...(blind ? [] : book),
      ...(locked ? [] : [seen]),
    ];
    return {
      columns: whole.filter((column) => !narrow || (column !== code && column !== seen)),
      wholeKeys: whole.map(({ key }) => key),
      newRow: emptyCountLine,
      isBlank: isBlankCount,
      duplicate: (line) => ({ ...line, id: uuid7() }),
      locked,
      mostRows: 10_000,
      headings: [...fieldNames("stockCountLines", "productId", "counted"), ...PRODUCT_HEADINGS, ...COUNT_TEXTS.book, ...COUNT_TEXTS.difference, ...COUNT_TEXTS.lastCounted],
    };
  }, [device, language, t, blind, locked, twice, narrow]);
}

function productColumn(device: Device, title: string, twice: ReadonlySet<string>, t: Said): GridColumn<CountLine> {
  return {
    key: "product",
    title,
    names: PRODUCT_NAMES,
    width: 240,
    text: (line) => line.product?.name ?? "",
    raw: (line) => line.product?.code || line.product?.name || "",
    emptied: (line) => ({ ...line, product: null, book: null }),
    write: (text) => (text === "" ? { apply: (line) => ({ ...line, product: null, book: null }) } : { error: t.noProduct(text) }),
    writeMany: async (texts) => {
      const found = await findProducts(device, texts);
      return texts.map((text, at): Written<CountLine> => {
        const one = found[at];
        if (text === "") return { apply: (line) => ({ ...line, product: null, book: null }) };
        if (one !== undefined && "product" in one) return { apply: (line) => ({ ...line, product: one.product }) };
        return { error: one === undefined || one.several.length === 0 ? t.noProduct(text) : t.severalProducts(text) };
      });
    },
    copy: (from, to) => ({ ...to, product: from.product }),
    lookup: async (text) =>
      (await offerProducts(device, text)).map((product) => ({
        key: product.id,
        label: product.spec === "" ? product.name : `${product.name}  ${product.spec}`,
        detail: product.code,
        alike: product.alike === true,
        apply: (line) => ({ ...line, product }),
      })),
    check: (line) => (line.product === null ? t.productMissing : twice.has(line.product.id) ? t.twice : null),
    sum: (lines) => String(lines.filter((line) => line.product !== null).length),
  };
}

function countedColumn(title: string, t: Said): GridColumn<CountLine> {
  return {
    key: "counted",
    names: [...fieldNames("stockCountLines", "counted"), ...QUANTITY_NAMES],
    figure: true,
    title,
    width: 120,
    align: "end",
    inputMode: "decimal",
    text: (line) => grouped(line.counted),
    raw: (line) => line.counted,
    emptied: (line) => ({ ...line, counted: "" }),
    write: (text) =>
      writtenQuantity(
        text,
        (line) => line.product?.unit ?? "",
        (counted) => (counted !== "" && !isNaturalQuantity(counted) ? { error: t.negative } : { apply: (line) => ({ ...line, counted }) }),
        t.noNumber,
      ),
    check: (line) => (line.counted === "" ? t.countedMissing : null),
    sum: (lines) => grouped(sumOf(lines.map((line) => line.counted))),
  };
}
