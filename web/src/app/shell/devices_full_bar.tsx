/** The member has as many devices as one may have, and this one gets nothing: what to do, and the way there. */
import { Alert, Button } from "antd";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { isDevicesFull } from "~/data/troubles";
import type { Texts } from "~/values/words";

const TEXTS = {
  mine: ["查看我的设备", "See my devices"],
} satisfies Texts;

/** Whoever reads this may go there: everybody sees and revokes their own. */
const MY_DEVICES = "/settings/devices?mine";

export function DevicesFullBar(): ReactNode {
  const t = useTexts(TEXTS);
  const { trouble } = useStatus();
  const [place, navigate] = useLocation();
  if (trouble === null || !isDevicesFull(trouble.code)) return null;
  const action = place.startsWith("/settings/devices") ? null : (
    <Button size="small" type="primary" onClick={() => navigate(MY_DEVICES)}>
      {t.mine}
    </Button>
  );
  return <Alert banner type="error" role="alert" action={action} title={`${trouble.message} ${trouble.remedy}`} />;
}
