/** What a phone's title bar carries on every screen. */
import { SearchOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { Notifications } from "./notifications";
import { SyncIndicator } from "./sync_indicator";

const TEXTS = { search: ["搜索", "Search"] } satisfies Texts;

export function PhoneTools({ onSearch }: { readonly onSearch: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <>
      <SyncIndicator />
      <Button type="text" icon={<SearchOutlined />} aria-label={t.search} onClick={onSearch} />
      <Notifications />
    </>
  );
}
