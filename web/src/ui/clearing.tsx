/** The cross that empties a text field, with its name: antd's has none. Its size is in `app/document.css`. */
import { CloseCircleFilled } from "@ant-design/icons";
import { useMemo, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";

const TEXTS = { clear: ["清空", "Clear"] } satisfies Texts;

/** For `allowClear` of antd's `Input`. */
export function useClearing(): { readonly clearIcon: ReactNode } {
  const t = useTexts(TEXTS);
  return useMemo(
    () => ({
      clearIcon: (
        <span role="img" aria-label={t.clear}>
          <CloseCircleFilled />
        </span>
      ),
    }),
    [t],
  );
}
