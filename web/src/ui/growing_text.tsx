/** A field for longer text that grows with what is written.
 *
 * antd's own growing leaves a hidden field in the document that the keyboard reaches. Browsers that do not know
 * `field-sizing` show the least rows and scroll.
 */
import { Input, type GetProps } from "antd";
import type { CSSProperties, ReactNode } from "react";
import styles from "./growing_text.module.css";

interface GrowingTextProps extends Omit<GetProps<typeof Input.TextArea>, "autoSize" | "rows" | "style" | "className"> {
  /** Rows when it is empty. */
  readonly least: number;
  /** Rows before it scrolls. */
  readonly most: number;
}

export function GrowingText({ least, most, ...field }: GrowingTextProps): ReactNode {
  return <Input.TextArea {...field} rows={least} className={styles["growing"] ?? ""} style={{ "--least": least, "--most": most } as CSSProperties} />;
}
