/** Where there is nothing: what would be here, and how it comes here. */
import { Empty as AntEmpty } from "antd";
import type { ReactNode } from "react";
import styles from "./empty.module.css";

interface EmptyProps {
  readonly title: string;
  readonly hint?: string;
  /** What one can do about it. */
  readonly children?: ReactNode;
}

export function Empty({ title, hint, children }: EmptyProps): ReactNode {
  return (
    <div className={styles["empty"]}>
      <AntEmpty
        image={AntEmpty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            <div className={styles["title"]}>{title}</div>
            {hint !== undefined && <div className={styles["hint"]}>{hint}</div>}
          </>
        }
      >
        {children}
      </AntEmpty>
    </div>
  );
}
