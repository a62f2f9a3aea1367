/** The operators' page by itself: the look of the app, and nothing of a company. */
import { App as AntdApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useMemo, useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import OperatorsScreen from "~/screens/ops/screen";
import { useCompact } from "~/ui/compact";
import { useStill } from "~/ui/still";
import type { Texts } from "~/values/words";
import { antdTheme } from "./antd_theme";
import styles from "./operators.module.css";
import { Sail } from "./shell/sail";
import { styleNonce } from "./style_nonce";
import type { Mode } from "./theme";

const TEXTS = {
  brand: ["云帆", "Yunfan"],
} satisfies Texts;

export default function Operators({ mode }: { readonly mode: Mode }): ReactNode {
  const phone = useCompact();
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [csp] = useState(styleNonce);
  const still = useStill();
  const look = useMemo(() => antdTheme(mode, phone, still), [mode, phone, still]);
  return (
    <ConfigProvider {...(csp === undefined ? {} : { csp })} theme={look} locale={language === "en" ? enUS : zhCN} button={{ autoInsertSpace: false }}>
      <AntdApp>
        <div className={styles["whole"]}>
          <a href="/" className={styles["home"]}>
            <Sail /> {t.brand}
          </a>
          <main id="main">
            <OperatorsScreen />
          </main>
        </div>
      </AntdApp>
    </ConfigProvider>
  );
}
