/** The codes that a posted count left: to be copied, looked up and cleared. */
import { App, Button, Popconfirm } from "antd";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import { writeBlock } from "~/ui/grid/tsv";
import css from "./count.module.css";
import { useLeftCodes, type Codes } from "./left_codes";
import { COUNT_TEXTS } from "./texts";

/** `countId`: of this count; null: of all, each with the way to it. */
export function LeftCodes({ countId }: { readonly countId: string | null }): ReactElement {
  const t = useTexts(COUNT_TEXTS);
  const { message } = App.useApp();
  const { left, clear } = useLeftCodes(countId);
  const copy = async (codes: Codes): Promise<void> => {
    await navigator.clipboard.writeText(writeBlock(Object.entries(codes).map(([code, times]) => [code, String(times)])));
    message.success(t.codesCopied);
  };
  return (
    <>
      {left.map(([id, codes]) => (
        <section key={id} className={css["unknown"]} aria-label={t.leftCodes}>
          <h2>{t.leftCodes}</h2>
          <p className={css["soft"]}>
            {t.leftWhy} {countId === null ? <Link href={`/counts/${id}`}>{t.leftCount}</Link> : null}
          </p>
          <ul>
            {Object.entries(codes).map(([code, times]) => (
              <li key={code}>
                <code>{code}</code>
                <span className={css["soft"]}>{t.unknownTimes(times)}</span>
              </li>
            ))}
          </ul>
          <Button size="small" onClick={() => void copy(codes)}>
            {t.copyCodes}
          </Button>{" "}
          <Popconfirm title={t.clearCodesWhy} onConfirm={() => clear(id)}>
            <Button size="small" type="text">
              {t.clearCodes}
            </Button>
          </Popconfirm>
        </section>
      ))}
    </>
  );
}
