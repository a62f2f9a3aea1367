/** Shown while the app finds out who is here. */
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { Sail } from "../shell/sail";
import styles from "./entrance.module.css";

const TEXTS = {
  opening: ["正在打开云帆…", "Opening Yunfan…"],
  failed: ["此浏览器不允许云帆在本机保存数据，无法打开。", "This browser lets Yunfan keep nothing on this device, so it cannot open."],
  remedy: ["请关闭无痕模式或允许本站保存数据，然后刷新。", "Leave private browsing, or allow this site to keep data, and reload."],
} satisfies Texts;

/** `failed`: why the device's own store does not open. */
export function Waiting({ failed }: { readonly failed?: Error }): ReactNode {
  const t = useTexts(TEXTS);
  if (failed !== undefined) {
    return (
      <main className={styles["waiting"]}>
        <div role="alert" className={styles["alert"]}>
          <strong>{t.failed}</strong>
          <span>{t.remedy}</span>
          <small>{failed.message}</small>
        </div>
      </main>
    );
  }
  return (
    <main className={styles["waiting"]} aria-busy="true">
      <Sail size={48} />
      <p role="status">{t.opening}</p>
    </main>
  );
}
