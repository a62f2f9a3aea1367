/** Only a part of the data is on the device yet: what is looked for, counted and added up is of that part. */
import { Alert } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { useIsWhole, useStatus } from "~/data/hooks";
import type { Texts } from "~/values/words";

const TEXTS = {
  loading: [
    "数据还在载入：目前只有您负责的和最近变动的记录，载入完成前，查找、数量和合计都不完整。",
    "Data is still loading: so far only your own and recently changed records. Until it is done, searches, counts and totals are incomplete.",
  ],
  offline: [
    "本设备上只有一部分数据：您负责的和最近变动的记录。联网后继续载入，在此之前，查找、数量和合计都不完整。",
    "This device holds only a part of the data: your own and recently changed records. Loading goes on when you reconnect; until then searches, counts and totals are incomplete.",
  ],
} satisfies Texts;

export function PartlyBar(): ReactNode {
  const t = useTexts(TEXTS);
  const whole = useIsWhole();
  const { online } = useStatus();
  return whole ? null : <Alert banner type="info" role="status" title={online ? t.loading : t.offline} />;
}
