/** A text as a QR code, drawn on the device: what stands in it goes nowhere else. */
import qrcode from "qrcode-generator";
import { useMemo, type ReactNode } from "react";
import styles from "./me.module.css";

/** Blank modules around it, as readers need them. */
const QUIET = 4;

/** The dark modules as one SVG path, and the width in modules with the quiet zone. */
export function qrPath(text: string): { readonly path: string; readonly width: number } {
  const code = qrcode(0, "M");
  code.addData(text, "Byte");
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
    }
  }
  return { path, width: count + 2 * QUIET };
}

/** Dark on light in either theme: cameras want it so. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const { path, width } = useMemo(() => qrPath(text), [text]);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${width}`} className={styles["qr"]} shapeRendering="crispEdges">
      <rect width={width} height={width} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
