/** One place for all that scans: the camera, a scanner that types, or a code or name typed by hand. */
import { CameraOutlined, ScanOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Input } from "antd";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { useDevice, useTexts } from "~/data/device_context";
import { findProducts, offerProducts, type Product } from "~/data/products";
import type { Texts } from "~/values/words";
import { CameraScanner } from "./camera";
import { Offer, useChooser } from "./chooser";
import css from "./scan.module.css";
import { signal } from "./signals";
import { useWedge } from "./use_wedge";

const TEXTS = {
  type: ["扫码，或输入编码、名称、拼音", "Scan, or type code or name"],
  camera: ["用相机扫码", "Scan with the camera"],
} satisfies Texts;

interface ScanBarProps {
  readonly disabled?: boolean;
  readonly onProduct: (product: Product) => void;
  /** A code that names no product, or finds several without being the code of any. Whose code it is of several is asked here. */
  readonly onUnknown: (code: string, several: readonly Product[]) => void;
}

export function ScanBar({ disabled = false, onProduct, onUnknown }: ScanBarProps): ReactElement {
  const device = useDevice();
  const t = useTexts(TEXTS);
  const [camera, setCamera] = useState(false);
  const [typed, setTyped] = useState("");
  const offers = useOffers(typed);
  const turn = useRef<Promise<void>>(Promise.resolve());
  const chooser = useChooser();
  // Somebody went through the offers by the arrow keys: Enter takes the one that is marked.
  const walked = useRef(false);
  /** One after the other: two quick scans of one label are two. `byHand`: what is no code stands for the first offer, which is marked. */
  const scanned = (code: string, byHand = false) => {
    if (disabled) return;
    turn.current = turn.current.then(async () => {
      const [found] = await findProducts(device, [code]);
      const several = found !== undefined && "several" in found ? found.several : [];
      if (found !== undefined && "several" in found && found.alike) {
        signal(false);
        const meant = await chooser.ask(code, several);
        if (meant !== null) onProduct(meant);
        return;
      }
      const product = found !== undefined && "product" in found ? found.product : byHand ? (await offerProducts(device, code))[0] : undefined;
      signal(product !== undefined);
      if (product !== undefined) onProduct(product);
      else onUnknown(code, several);
    });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") walked.current = offers.length > 0;
    else if (event.key !== "Enter") walked.current = false;
    if (event.key !== "Enter" || event.nativeEvent.isComposing || typed.trim() === "" || walked.current) return;
    // The offers may still be those of half a code: what was typed is looked up anew.
    event.stopPropagation();
    scanned(typed.trim(), true);
    setTyped("");
  };
  useWedge(scanned);
  return (
    <div className={css["scanner"]}>
      <div className={css["bar"]}>
        <AutoComplete
          className={css["typed"] ?? ""}
          disabled={disabled}
          value={typed}
          defaultActiveFirstOption
          options={offers.map((product) => ({ value: product.id, label: <Offer product={product} />, product }))}
          onChange={(text: string, option) => setTyped(Array.isArray(option) || option?.product === undefined ? text : "")}
          onSelect={(_id: string, option) => {
            onProduct(option.product);
            setTyped("");
            walked.current = false;
          }}
        >
          <Input
            size="large"
            prefix={<ScanOutlined aria-hidden />}
            placeholder={t.type}
            aria-label={t.type}
            autoComplete="off"
            onKeyDown={keys}
          />
        </AutoComplete>
        <Button size="large" icon={<CameraOutlined />} disabled={disabled} aria-label={t.camera} title={t.camera} aria-pressed={camera} onClick={() => setCamera(!camera)} />
      </div>
      {chooser.dialog}
      {camera && !disabled ? <CameraScanner onCode={scanned} onClose={() => setCamera(false)} /> : null}
    </div>
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
