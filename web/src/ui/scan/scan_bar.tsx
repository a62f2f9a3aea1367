/** One place for all that scans: the camera, a scanner that types, or a code or name typed by hand. */
import { CameraOutlined, ScanOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Input } from "antd";
import { useEffect, useRef, useState, type ReactElement } from "react";
import { useDevice, useTexts } from "~/data/device_context";
import { findProducts, offerProducts, type Product } from "~/data/products";
import type { Texts } from "~/values/words";
import { CameraScanner } from "./camera";
import css from "./scan.module.css";
import { signal } from "./signals";
import { useWedge } from "./use_wedge";

const TEXTS = {
  type: ["扫码，或输入编码、名称、拼音", "Scan, or type a code or a name"],
  camera: ["用相机扫码", "Scan with the camera"],
} satisfies Texts;

interface ScanBarProps {
  readonly disabled?: boolean;
  readonly onProduct: (product: Product) => void;
  /** A code that names no product, or several. */
  readonly onUnknown: (code: string, several: readonly Product[]) => void;
}

export function ScanBar({ disabled = false, onProduct, onUnknown }: ScanBarProps): ReactElement {
  const device = useDevice();
  const t = useTexts(TEXTS);
  const [camera, setCamera] = useState(false);
  const [typed, setTyped] = useState("");
  const offers = useOffers(typed);
  const turn = useRef<Promise<void>>(Promise.resolve());
  /** One after the other: two quick scans of one label are two. */
  const scanned = (code: string) => {
    if (disabled) return;
    turn.current = turn.current.then(async () => {
      const [found] = await findProducts(device, [code]);
      const known = found !== undefined && "product" in found;
      signal(known);
      if (known) onProduct(found.product);
      else onUnknown(code, found?.several ?? []);
    });
  };
  useWedge(scanned);
  return (
    <div className={css["scanner"]}>
      <div className={css["bar"]}>
        <AutoComplete
          className={css["typed"] ?? ""}
          disabled={disabled}
          value={typed}
          options={offers.map((product) => ({ value: product.id, label: <Offer product={product} />, product }))}
          onChange={(text: string, option) => setTyped(Array.isArray(option) || option?.product === undefined ? text : "")}
          onSelect={(_id: string, option) => {
            onProduct(option.product);
            setTyped("");
          }}
        >
          <Input
            size="large"
            prefix={<ScanOutlined aria-hidden />}
            placeholder={t.type}
            aria-label={t.type}
            autoComplete="off"
            onPressEnter={(event) => {
              if (event.nativeEvent.isComposing || typed.trim() === "" || offers.length > 0) return;
              scanned(typed.trim());
              setTyped("");
            }}
          />
        </AutoComplete>
        <Button size="large" icon={<CameraOutlined />} disabled={disabled} aria-label={t.camera} title={t.camera} aria-pressed={camera} onClick={() => setCamera(!camera)} />
      </div>
      {camera && !disabled ? <CameraScanner onCode={scanned} onClose={() => setCamera(false)} /> : null}
    </div>
  );
}

function Offer({ product }: { readonly product: Product }): ReactElement {
  return (
    <span className={css["offer"]}>
      <span>{product.name}</span>
      <span className={css["soft"]}>{[product.code, product.spec].filter((part) => part !== "").join(" · ")}</span>
    </span>
  );
}

function useOffers(typed: string): readonly Product[] {
  const device = useDevice();
  const [offers, setOffers] = useState<readonly Product[]>([]);
  useEffect(() => {
    let wanted = true;
    if (typed.trim() === "") {
      setOffers([]);
      return undefined;
    }
    offerProducts(device, typed).then(
      (found) => wanted && setOffers(found),
      () => wanted && setOffers([]), // Without offers a code can still be scanned and entered.
    );
    return () => void (wanted = false);
  }, [device, typed]);
  return offers;
}
