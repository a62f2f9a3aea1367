/** The operators' page by itself: the look of the app, and nothing of a company. */
import { App as AntdApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useMemo, useState, type ReactNode } from "react";
import { useLanguage } from "~/data/device_context";
import OperatorsScreen from "~/screens/ops/screen";
import { useCompact } from "~/ui/compact";
import { antdTheme } from "./antd_theme";
import { styleNonce } from "./style_nonce";
import type { Mode } from "./theme";

export default function Operators({ mode }: { readonly mode: Mode }): ReactNode {
  const phone = useCompact();
  const language = useLanguage();
  const [csp] = useState(styleNonce);
  const look = useMemo(() => antdTheme(mode, phone), [mode, phone]);
  return (
    <ConfigProvider {...(csp === undefined ? {} : { csp })} theme={look} locale={language === "en" ? enUS : zhCN} button={{ autoInsertSpace: false }}>
      <AntdApp>
        <main id="main">
          <OperatorsScreen />
        </main>
      </AntdApp>
    </ConfigProvider>
  );
}
