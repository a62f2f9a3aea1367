/** The columns of an order's lines: read and checked as the server will. */
import { useMemo } from "react";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { findProducts, offerProducts, type Product } from "~/data/products";
import type { Device } from "~/device/api";
import { fieldLabel, fieldNames } from "~/ui/labels";
import { PRICE_NAMES, PRODUCT_HEADINGS, PRODUCT_NAMES, QUANTITY_NAMES } from "~/ui/grid/headings";
import type { GridColumn, GridSpec, LookupOption, Written } from "~/ui/grid/model";
import { writtenQuantity } from "~/ui/grid/typed";
import { grouped, moneyText, priceDigits, priceText, shortest } from "~/values/money";
import { isLineQuantity, isNaturalQuantity, isUnitPrice, sumOf, totalMinor, wireMinor } from "~/values/pricing";
import { uuid7 } from "~/values/uuid7";
import type { Language } from "~/values/words";
import { amountOf, emptyLine, isBlankLine, listPriceOf, type OrderLine, withProduct } from "./lines";
import { ORDER_TEXTS } from "./texts";

export const MOST_LINES = 500;
/** What may be done with the lines: a draft's all, of a confirmed order how much is packed. */
export type Editing = "all" | "packing" | "nothing";

type Said = ReturnType<typeof useTexts<typeof ORDER_TEXTS>>;

interface Asked {
  readonly editing: Editing;
  readonly currency: string;
  /** Whether the member sees prices. */
  readonly priced: boolean;
  readonly narrow: boolean;
}

export function useOrderSpec({ editing, currency, priced, narrow }: Asked): GridSpec<OrderLine> {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(ORDER_TEXTS);
  return useMemo(() => {
    const facts: GridColumn<OrderLine>[] = [
      fact("code", fieldLabel("products", "code", language), 100, (product) => product.code),
      fact("spec", fieldLabel("products", "spec", language), language === "en" ? 120 : 100, (product) => product.spec),
      fact("unit", t.unit, 56, (product) => product.unit),
    ];
    const whole: GridColumn<OrderLine>[] = [
      productColumn(device, language, currency, t),
      ...facts.filter(({ key }) => editing === "all" || key !== "spec"),
      quantityColumn(language, t),
      ...(priced ? [priceColumn(language, currency, t), amountColumn(language, currency)] : []),
      ...(editing === "all" ? [] : [packedColumn(language, t)]),
    ];
    const columns = whole.filter(({ key }) => !narrow || (key !== "code" && key !== "spec"));
    return {
      columns: editing === "packing" ? columns.map((column) => (column.key === "packed" ? column : { ...column, readOnly: true as const })) : columns,
      newRow: emptyLine,
      isBlank: isBlankLine,
      duplicate: (line) => ({ ...line, id: uuid7(), packed: "" }),
      locked: editing === "nothing",
      fixedRows: editing !== "all",
      mostRows: MOST_LINES,
      headings: [...fieldNames("salesOrderLines", "productId", "quantity", "unitPrice", "amountMinor", "packedQuantity"), ...PRODUCT_HEADINGS],
      wholeKeys: whole.map(({ key }) => key),
    };
  }, [device, language, t, editing, currency, priced, narrow]);
}

function fact(key: string, title: string, width: number, of: (product: Product) => string): GridColumn<OrderLine> {
  return { key, title, width, readOnly: true, text: (line) => (line.product === null ? "" : of(line.product)) };
}

function productColumn(device: Device, language: Language, currency: string, t: Said): GridColumn<OrderLine> {
  const take = (product: Product) => (line: OrderLine) => withProduct(line, product, currency);
  return {
    key: "product",
    title: fieldLabel("salesOrderLines", "productId", language),
    names: PRODUCT_NAMES,
    width: 200,
    text: (line) => line.product?.name ?? "",
    raw: (line) => (line.product === null ? "" : line.product.code || line.product.name),
    emptied: (line) => ({ ...line, product: null }),
    write: (text) => (text === "" ? { apply: (line) => ({ ...line, product: null }) } : { error: t.noProduct(text) }),
    writeMany: async (texts) => {
      const found = await findProducts(device, texts);
      return texts.map((text, at): Written<OrderLine> => {
        const one = found[at];
        if (text === "") return { apply: (line) => ({ ...line, product: null }) };
        if (one !== undefined && "product" in one) return { apply: take(one.product) };
        return { error: one === undefined || one.several.length === 0 ? t.noProduct(text) : t.severalProducts(text) };
      });
    },
    copy: (from, to) => (from.product === null ? { ...to, product: null } : withProduct(to, from.product, currency)),
    lookup: (text) => productOffers(device, language, text, take, t),
    check: (line) => (line.product === null ? t.productMissing : null),
    sum: (lines) => String(lines.filter((line) => line.product !== null).length),
  };
}

/** With code, price and what is in stock beside the name. */
async function productOffers(device: Device, language: Language, text: string, take: (product: Product) => (line: OrderLine) => OrderLine, t: Said): Promise<readonly LookupOption<OrderLine>[]> {
  const products = await offerProducts(device, text);
  const ids = products.map(({ id }) => id);
  const stock = ids.length === 0 ? [] : await stockOf(device, ids);
  const onHand = new Map(stock.map((group) => [group.value, group.sums["onHand"] ?? "0"]));
  return products.map((product) => ({
    key: product.id,
    label: product.spec === "" ? product.name : `${product.name}  ${product.spec}`,
    detail: [product.code, priceText(product.listPrice, product.currency, language), onHand.has(product.id) ? t.onHand(shortest(onHand.get(product.id) ?? "")) : ""].filter((part) => part !== "").join(" · "),
    alike: product.alike === true,
    apply: take(product),
  }));
}

/** A member who may not see stock gets the offers without it. */
async function stockOf(device: Device, ids: readonly string[]) {
  const schema = await device.schema();
  if (schema?.collections["stockBalances"] === undefined) return [];
  return device.groups({ collection: "stockBalances", where: [{ field: "productId", op: "in", value: ids }], by: "productId", sums: ["onHand"] });
}

function decimalColumn(key: "quantity" | "unitPrice" | "packed", title: string, allowed: (text: string) => boolean, wrong: string, noNumber: string): GridColumn<OrderLine> {
  return {
    key,
    title,
    width: 96,
    align: "end",
    inputMode: "decimal",
    text: (line) => grouped(line[key]),
    raw: (line) => line[key],
    emptied: (line) => ({ ...line, [key]: "" }),
    write: (text) =>
      writtenQuantity(
        text,
        (line) => (key === "unitPrice" ? "" : (line.product?.unit ?? "")),
        (number) => (number !== "" && !allowed(number) ? { error: wrong } : { apply: (line) => ({ ...line, [key]: number }) }),
        noNumber,
      ),
  };
}

function quantityColumn(language: Language, t: Said): GridColumn<OrderLine> {
  return {
    ...decimalColumn("quantity", fieldLabel("salesOrderLines", "quantity", language), isLineQuantity, t.quantityWrong, t.noNumber),
    names: [...fieldNames("salesOrderLines", "quantity"), ...QUANTITY_NAMES],
    check: (line) => (line.quantity === "" ? t.quantityMissing : null),
    sum: (lines) => grouped(sumOf(lines.map((line) => line.quantity))),
  };
}

/** Emptied, or pasted from a sheet that leaves it open, it is the list price again. */
function priceColumn(language: Language, currency: string, t: Said): GridColumn<OrderLine> {
  const typed = decimalColumn("unitPrice", fieldLabel("salesOrderLines", "unitPrice", language), isUnitPrice, t.priceWrong, t.noNumber);
  return {
    ...typed,
    names: [...fieldNames("salesOrderLines", "unitPrice"), ...PRICE_NAMES],
    text: (line) => grouped(priceDigits(line.unitPrice, currency)),
    raw: (line) => priceDigits(line.unitPrice, currency),
    write: (text) => (text === "" ? { apply: (line) => ({ ...line, unitPrice: line.product === null ? "" : listPriceOf(line.product, currency) }) } : (typed.write?.(text) ?? { error: t.noNumber })),
    check: (line) => (line.unitPrice === "" && line.product !== null ? t.priceMissing(currency) : null),
  };
}

function amountColumn(language: Language, currency: string): GridColumn<OrderLine> {
  const money = (minor: bigint) => moneyText(wireMinor(minor), currency, language);
  return {
    key: "amount",
    figure: true,
    title: fieldLabel("salesOrderLines", "amountMinor", language),
    width: 124,
    align: "end",
    readOnly: true,
    text: (line) => {
      const amount = amountOf(line, currency);
      return amount === null ? "" : money(amount);
    },
    sum: (lines) => money(totalMinor(lines.map((line) => amountOf(line, currency)))),
  };
}

function packedColumn(language: Language, t: Said): GridColumn<OrderLine> {
  return {
    ...decimalColumn("packed", fieldLabel("salesOrderLines", "packedQuantity", language), isNaturalQuantity, t.packedWrong, t.noNumber),
    names: fieldNames("salesOrderLines", "packedQuantity"),
    ...(language === "en" ? { width: 132 } : {}),
    sum: (lines) => grouped(sumOf(lines.map((line) => line.packed))),
  };
}
