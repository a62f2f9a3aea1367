/** Codes that named no product: which one it is, or nothing of ours. */
import { Button } from "antd";
import { useState, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import { productOf, type Product } from "~/data/products";
import { ReferencePicker } from "~/ui/reference_picker";
import css from "./count.module.css";
import { COUNT_TEXTS } from "./texts";

interface UnknownProps {
  /** How often each was scanned. */
  readonly codes: Readonly<Record<string, number>>;
  readonly found: (code: string, product: Product) => void;
  readonly drop: (code: string) => void;
}

export function UnknownCodes({ codes, found, drop }: UnknownProps): ReactElement | null {
  const t = useTexts(COUNT_TEXTS);
  const [choosing, setChoosing] = useState<string | null>(null);
  const entries = Object.entries(codes);
  if (entries.length === 0) return null;
  return (
    <section className={css["unknown"]} aria-label={t.unknown}>
      <h2>{t.unknown}</h2>
      <ul>
        {entries.map(([code, times]) => (
          <li key={code}>
            <code>{code}</code>
            <span className={css["soft"]}>{t.unknownTimes(times)}</span>
            {choosing === code ? (
              <span className={css["chooser"]}>
                <ReferencePicker collection="products" label={t.itIs} value={null} autoFocus onChange={(_id, row) => row !== null && found(code, productOf(row))} />
              </span>
            ) : (
              <Button size="small" onClick={() => setChoosing(code)}>
                {t.itIs}
              </Button>
            )}
            <Button size="small" type="text" onClick={() => drop(code)}>
              {t.drop}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
