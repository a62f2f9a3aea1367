/** Everything behind the sign-in: antd, the frame, the screens. A chunk of its own. */
import { App as AntdApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { DeviceContext, useLanguage } from "~/data/device_context";
import type { Device } from "~/device/api";
import { useCompact } from "~/ui/compact";
import { useStill } from "~/ui/still";
import { antdTheme } from "./antd_theme";
import { AccessProvider } from "./access_provider";
import { Shell } from "./shell/shell";
import { styleNonce } from "./style_nonce";
import type { Mode } from "./theme";

/** Messages leave the title to be read. */
const BELOW_THE_BAR = { top: 56 } as const;

interface SignedInProps {
  readonly device: Device;
  readonly mode: Mode;
}

export default function SignedIn({ device, mode }: SignedInProps): ReactNode {
  const phone = useCompact();
  const language = useLanguage();
  const [csp] = useState(styleNonce);
  const still = useStill();
  const look = useMemo(() => antdTheme(mode, phone, still), [mode, phone, still]);
  useEffect(() => {
    // Only in a build that is made for measuring: elsewhere this is dead code and leaves with the build.
    if (import.meta.env["VITE_YUNFAN_MEASURED"] === "1") {
      const measuredRowByRow = async (count: number) => (await import("../../bench/row_by_row")).insertRowByRow(device, count);
      Object.assign(globalThis, { measuredDevice: device, measuredRowByRow });
    }
  }, [device]);
  useEffect(() => {
    dayjs.locale(language === "en" ? "en" : "zh-cn");
    device.languageChanged();
  }, [device, language]);
  return (
    <ConfigProvider {...(csp === undefined ? {} : { csp })} theme={look} locale={language === "en" ? enUS : zhCN} button={{ autoInsertSpace: false }}>
      <AntdApp message={BELOW_THE_BAR}>
        <DeviceContext value={device}>
          <AccessProvider>
            <Shell />
          </AccessProvider>
        </DeviceContext>
      </AntdApp>
    </ConfigProvider>
  );
}
