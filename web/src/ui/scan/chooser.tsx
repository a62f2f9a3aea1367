/** Which of several products is meant that have one barcode or one name: only who holds it in the hand knows. */
import { Button, Modal } from "antd";
import { useCallback, useState, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import type { Product } from "~/data/products";
import type { Texts } from "~/values/words";
import css from "./scan.module.css";

const TEXTS = {
  title: (code: string) => [`“${code}”对应多个商品，请选择`, `“${code}” stands for several products: choose one`],
} satisfies Texts;

interface Question {
  readonly code: string;
  readonly products: readonly Product[];
  readonly answer: (product: Product | null) => void;
}

interface Chooser {
  /** Null: put away without a choice. */
  ask(code: string, products: readonly Product[]): Promise<Product | null>;
  readonly dialog: ReactElement | null;
}

export function useChooser(): Chooser {
  const t = useTexts(TEXTS);
  const [asked, setAsked] = useState<Question | null>(null);
  const ask = useCallback((code: string, products: readonly Product[]) => new Promise<Product | null>((answer) => setAsked({ code, products, answer })), []);
  const choose = (product: Product | null): void => {
    asked?.answer(product);
    setAsked(null);
  };
  const dialog =
    asked === null ? null : (
      // The first of them has no focus: a scanner's Enter would choose it.
      <Modal open title={t.title(asked.code)} footer={null} onCancel={() => choose(null)}>
        <ul className={css["choices"]}>
          {asked.products.map((product) => (
            <li key={product.id}>
              <Button block size="large" onClick={() => choose(product)}>
                <Offer product={product} />
              </Button>
            </li>
          ))}
        </ul>
      </Modal>
    );
  return { ask, dialog };
}

export function Offer({ product }: { readonly product: Product }): ReactElement {
  return (
    <span className={css["offer"]}>
      <span>{product.name}</span>
      <span className={css["soft"]}>{[product.code, product.spec].filter((part) => part !== "").join(" · ")}</span>
    </span>
  );
}
