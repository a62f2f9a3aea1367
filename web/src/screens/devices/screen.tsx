/** The company's devices: how each stands; renamed, revoked, wiped. A member without rights sees their own. */
import { Segmented, Skeleton } from "antd";
import { useState, type ReactNode } from "react";
import { useLocation, useSearch } from "wouter";
import { useMay } from "~/data/access_context";
import { useAnswer, usePages } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import { isDevicesFull } from "~/data/troubles";
import { Answered } from "~/ui/answered";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import type { DeviceState } from "./device";
import { DeviceList } from "./device_list";
import { HealthBar } from "./health_bar";
import { TEXTS } from "./texts";

export default function DevicesScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const may = useMay();
  const [, navigate] = useLocation();
  const asked = new URLSearchParams(useSearch());
  const wanted = asked.get("member");
  const seesAll = may("tenants.device.view");
  const [whose, setWhose] = useState<"all" | "mine">(asked.has("mine") ? "mine" : "all");
  const [state, setState] = useState<DeviceState | null>(null);
  const memberId = whose === "mine" ? device.me.memberId : wanted;
  const health = useAnswer("DeviceHealth", {});
  const devices = usePages(
    "Devices",
    {
      first: 50,
      orderBy: [{ field: "LAST_SEEN_AT", direction: "DESC" }],
      ...(memberId === null ? {} : { filter: { memberId: { eq: memberId } } }),
      ...(state === null ? {} : { states: [state] }),
    },
    (answer) => answer.devices,
  );
  const changed = (): void => {
    void devices.reload();
    void health.reload();
    // Perhaps there is room for this one now. What is still in its way the status says, as before.
    if (isDevicesFull(device.status().trouble?.code ?? "")) device.sync().catch(() => undefined);
  };
  return (
    <Page title={t.title} help="devices">
      <Panel
        quiet
        title={t.title}
        note={t.intro}
        actions={
          seesAll && (
            <Segmented<"all" | "mine">
              value={whose}
              onChange={(value) => {
                setWhose(value);
                if (wanted !== null) navigate("/settings/devices");
              }}
              options={[
                { value: "all", label: wanted === null ? t.all : t.onlyMembers },
                { value: "mine", label: t.onlyMine },
              ]}
            />
          )
        }
      >
        {health.error === null && <Answered answer={health}>{({ deviceHealth }) => <HealthBar health={deviceHealth} state={state} onState={setState} />}</Answered>}
        <Failure error={devices.error} onRetry={changed} />
        {devices.data === undefined ? devices.error === null && <Skeleton active /> : <DeviceList devices={devices.data} more={devices.more} onChanged={changed} />}
      </Panel>
    </Page>
  );
}
