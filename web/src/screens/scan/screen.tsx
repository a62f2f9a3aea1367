/** Scan anything: a product, a customer's code, an order's number, and see what it is. */
import { Button } from "antd";
import { useState, type ReactElement } from "react";
import { Link, useLocation } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { productOf, type Product } from "~/data/products";
import type { Device, Row } from "~/device/api";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { Reference } from "~/ui/field_value";
import { entityLabel, fieldLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { rowPath } from "~/ui/paths";
import { ScanBar } from "~/ui/scan/scan_bar";
import { titleOf } from "~/ui/title_of";
import { grouped, priceText, shortest } from "~/values/money";
import type { Texts } from "~/values/words";
import css from "./scan.module.css";

const TEXTS = {
  title: ["扫一扫", "Scan"],
  hint: ["对准商品条码、客户编码或单据编号。", "Point at a product, a customer's code or an order's number."],
  nothing: (code: string) => [`没有找到“${code}”`, `Nothing is called “${code}”`],
  nothingHint: ["请检查条码，或在搜索中按名称查找。", "Check the code, or search by name."],
  details: ["查看商品", "Open product"],
  count: ["盘点", "Count"],
  move: ["出入库", "Move"],
  noStock: ["没有库存", "No stock"],
} satisfies Texts;

interface Hit {
  readonly collection: string;
  readonly row: Row;
}

const CODED: readonly (readonly [collection: string, field: string])[] = [
  ["customers", "code"],
  ["salesOrders", "number"],
  ["warehouses", "code"],
];

async function whatIs(device: Device, code: string): Promise<readonly Hit[]> {
  const schema = await device.schema();
  const looked = await Promise.all(
    CODED.filter(([collection]) => schema === null || collection in schema.collections).map(async ([collection, field]) => {
      const { rows } = await device.list({ collection, where: [{ field, op: "in", value: [...new Set([code, code.toUpperCase()])] }], limit: 5 });
      return rows.map((row) => ({ collection, row }));
    }),
  );
  return looked.flat();
}

export default function ScanScreen(): ReactElement {
  const device = useDevice();
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const [, navigate] = useLocation();
  const [product, setProduct] = useState<Product | null>(null);
  const [missed, setMissed] = useState<{ code: string; hits: readonly Hit[]; products: readonly Product[] } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const look = (code: string, products: readonly Product[]) => {
    setProduct(null);
    whatIs(device, code).then((hits) => {
      const [only, another] = hits;
      if (only !== undefined && another === undefined && products.length === 0) navigate(rowPath(only.collection, only.row.id));
      else setMissed({ code, hits, products });
    }, setError);
  };
  return (
    <Page title={t.title} back="history" help="scan">
      <Failure error={error} />
      <ScanBar
        onProduct={(found) => {
          setMissed(null);
          setProduct(found);
        }}
        onUnknown={look}
      />
      {product === null && missed === null ? <p className={css["hint"]}>{t.hint}</p> : null}
      {product === null ? null : <ProductFound product={product} />}
      {missed === null ? null : missed.hits.length === 0 && missed.products.length === 0 ? (
        <Empty title={t.nothing(missed.code)} hint={t.nothingHint} />
      ) : (
        <ul className={css["hits"]}>
          {missed.products.map((one) => (
            <li key={one.id}>
              <Button type="link" onClick={() => setProduct(one)}>
                {one.name} {one.spec}
              </Button>
              <span className={css["soft"]}>{one.code}</span>
            </li>
          ))}
          {missed.hits.map(({ collection, row }) => (
            <li key={row.id}>
              <Link href={rowPath(collection, row.id)}>{titleOf(collection, row)}</Link>
              <span className={css["soft"]}>{entityLabel(collection, language)}</span>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function ProductFound({ product: known }: { readonly product: Product }): ReactElement {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const [, navigate] = useLocation();
  const fresh = useList({ collection: "products", where: [{ field: "id", op: "eq", value: known.id }], archived: "all", limit: 1 });
  const balances = useList({ collection: "stockBalances", where: [{ field: "productId", op: "eq", value: known.id }], limit: 50 });
  const row = fresh.data?.rows[0];
  const product = row === undefined ? known : productOf(row);
  return (
    <section className={css["product"]}>
      <h2>{product.name}</h2>
      <p className={css["soft"]}>{[product.code, product.spec, product.unit].filter((part) => part !== "").join(" · ")}</p>
      {product.listPrice === "" ? null : (
        <p>
          {fieldLabel("products", "listPrice", language)} <strong>{priceText(product.listPrice, product.currency, language)}</strong>
        </p>
      )}
      <ul className={css["hits"]}>
        {(balances.data?.rows ?? []).map((balance) => (
          <li key={balance.id}>
            <Reference collection="warehouses" id={String(balance["warehouseId"])} links={false} />
            <strong>
              {grouped(shortest(String(balance["onHand"])))} {product.unit}
            </strong>
          </li>
        ))}
        {balances.data?.total === 0 ? <li className={css["soft"]}>{t.noStock}</li> : null}
      </ul>
      <div className={css["actions"]}>
        <Button type="primary" onClick={() => navigate(rowPath("products", product.id))}>
          {t.details}
        </Button>
        <Button onClick={() => navigate("/counts/new")}>{t.count}</Button>
        <Button onClick={() => navigate("/moves/new")}>{t.move}</Button>
      </div>
    </section>
  );
}
