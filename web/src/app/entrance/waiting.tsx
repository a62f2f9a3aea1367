/** Shown while the app finds out who is here. */
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import styles from "./entrance.module.css";

const TEXTS = { opening: ["正在打开云帆…", "Opening Yunfan…"] } satisfies Texts;

export function Waiting(): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <main className={styles["waiting"]} aria-busy="true">
      <p role="status">{t.opening}</p>
    </main>
  );
}
