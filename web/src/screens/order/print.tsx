/** The order as a customer gets it on paper. Seen only by printers. */
import { Fragment, type ReactElement } from "react";
import { createPortal } from "react-dom";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import { fieldLabel } from "~/ui/labels";
import { grouped, moneyText, priceDigits } from "~/values/money";
import { dayText, instantText } from "~/values/moments";
import { phoneText } from "~/values/phone";
import { wireMinor } from "~/values/pricing";
import { labelled } from "~/values/words";
import { amountInChinese } from "./chinese_amount";
import { amountOf, type OrderLine } from "./lines";
import css from "./print.module.css";
import { ORDER_TEXTS } from "./texts";
import type { Header } from "./use_order";

interface PrintProps {
  readonly order: Row | null;
  readonly header: Header;
  readonly customer: Row | null;
  readonly lines: readonly OrderLine[];
  readonly total: bigint;
  readonly priced: boolean;
}

export function OrderPrint({ order, header, customer, lines, total, priced }: PrintProps): ReactElement {
  const t = useTexts(ORDER_TEXTS);
  const language = useLanguage();
  const { me } = useDevice();
  const label = (collection: string, field: string) => fieldLabel(collection, field, language);
  const state = order === null ? "draft" : order["state"];
  const money = (minor: bigint) => moneyText(wireMinor(minor), header.currency, language);
  const facts: readonly (readonly [string, string])[] = [
    [t.preparedFor, String(customer?.["name"] ?? "")],
    [t.number, typeof order?.["number"] === "string" ? order["number"] : ""],
    [label("customers", "address"), String(customer?.["address"] ?? "")],
    [label("salesOrders", "orderedOn"), dayText(header.orderedOn, language)],
    [t.phone, phoneText(String(customer?.["phone"] ?? ""))],
    [label("salesOrders", "currency"), header.currency],
  ];
  return createPortal(
    <article data-print className={css["sheet"]} lang={language}>
      <h1>{me.tenantName}</h1>
      <h2>{state === "draft" ? t.quotation : t.order}</h2>
      <dl className={css["facts"]}>
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <table className={css["lines"]}>
        <thead>
          <tr>
            <th>#</th>
            <th>{label("salesOrderLines", "productId")}</th>
            <th>{label("products", "code")}</th>
            <th>{label("products", "spec")}</th>
            <th className={css["end"]}>{label("salesOrderLines", "quantity")}</th>
            <th>{t.unit}</th>
            {priced ? <th className={css["end"]}>{label("salesOrderLines", "unitPrice")}</th> : null}
            {priced ? <th className={css["end"]}>{label("salesOrderLines", "amountMinor")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {lines.filter((line) => line.product !== null).map((line, at) => {
            const amount = amountOf(line, header.currency);
            return (
              <tr key={line.id}>
                <td>{at + 1}</td>
                <td>{line.product?.name}</td>
                <td>{line.product?.code}</td>
                <td>{line.product?.spec}</td>
                <td className={css["end"]}>{grouped(line.quantity)}</td>
                <td>{line.product?.unit}</td>
                {priced ? <td className={css["end"]}>{grouped(priceDigits(line.unitPrice, header.currency))}</td> : null}
                {priced ? <td className={css["end"]}>{amount === null ? "" : money(amount)}</td> : null}
              </tr>
            );
          })}
        </tbody>
      </table>
      {priced ? (
        <p className={css["total"]}>
          <span>{language === "zh-CN" && header.currency === "CNY" ? `${t.inWords}：${amountInChinese(total)}` : ""}</span>
          <strong>
            {t.total} {money(total)}
          </strong>
        </p>
      ) : null}
      {header.notes === "" ? null : (
        <p className={css["notes"]}>
          {labelled(label("salesOrders", "notes"), header.notes, language)}
        </p>
      )}
      <div className={css["signs"]}>
        <p>{labelled(t.signSeller, "", language)}</p>
        <p>{labelled(t.signBuyer, "", language)}</p>
      </div>
      <footer>
        {t.page} {instantText(new Date().toISOString(), language)}
      </footer>
    </article>,
    document.body,
  );
}
