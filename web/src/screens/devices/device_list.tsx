/** The devices, and what can be done with each. */
import { Button, Dropdown, Tooltip } from "antd";
import { MoreOutlined } from "@ant-design/icons";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import type { Pages } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { instantWords, sinceWords } from "~/ui/instants";
import { Records, type Column } from "~/ui/records";
import { durationWords } from "~/ui/durations";
import { actsOn, platformOf, type Act, type DeviceState, type RegisteredDevice } from "./device";
import { DeviceDetails } from "./device_details";
import { DeviceDialog } from "./device_dialogs";
import styles from "./devices.module.css";
import { TEXTS } from "./texts";

interface DeviceListProps {
  readonly devices: readonly RegisteredDevice[];
  readonly more: Pages<RegisteredDevice>["more"];
  readonly onChanged: () => void;
}

const TONES: Readonly<Record<DeviceState, string>> = {
  HEALTHY: "good",
  BEHIND: "warn",
  STUCK: "warn",
  SILENT: "bad",
  UNENCRYPTED: "warn",
  WIPE_PENDING: "bad",
  WIPED: "soft",
  REVOKED: "soft",
};

export function DeviceList({ devices, more, onChanged }: DeviceListProps): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const me = useDevice().me.memberId;
  const columns = useColumns();
  const [asked, setAsked] = useState<{ readonly act: Act; readonly device: RegisteredDevice } | null>(null);
  const [shown, setShown] = useState<RegisteredDevice | null>(null);
  const others = { revoke: may("tenants.device.revoke"), wipe: may("tenants.device.wipe") };
  const menu = (device: RegisteredDevice): ReactNode => {
    const acts = actsOn(device, me, others);
    const items = acts.map((act) => ({ key: act, label: t[act], danger: act === "revoke" || act === "wipe" }));
    return (
      <>
        <Button size="small" type="text" onClick={() => setShown(device)}>
          {t.details}
        </Button>
        {items.length > 0 && (
          <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => setAsked({ act: key as Act, device }) }}>
            <Button size="small" type="text" icon={<MoreOutlined />} aria-label={`${device.name}: ${items.map((item) => item.label).join("、")}`} />
          </Dropdown>
        )}
      </>
    );
  };
  return (
    <>
      <Records label={t.title} rows={devices} columns={columns} keyOf={(device) => device.id} empty={t.empty} actions={menu} more={more} />
      {asked !== null && (
        <DeviceDialog
          act={asked.act}
          device={asked.device}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            onChanged();
          }}
        />
      )}
      {shown !== null && <DeviceDetails device={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function useColumns(): readonly Column<RegisteredDevice>[] {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return [
    {
      key: "name",
      title: t.name,
      render: (device) => (
        <>
          {device.name}
          <small className={styles["small"]}>{platformOf(device, t.web)}</small>
        </>
      ),
    },
    { key: "member", title: t.member, render: (device) => device.member?.name },
    { key: "states", title: t.state, render: (device) => <States device={device} /> },
    { key: "contact", title: t.lastContact, render: (device) => <time dateTime={device.lastContactAt} title={instantWords(device.lastContactAt, language)}>{sinceWords(device.lastContactAt, language)}</time> },
    {
      key: "queue",
      title: t.queue,
      render: (device) => (
        <>
          {device.queued === 0 ? t.queueNone : t.queued(device.queued, device.queueAgeSeconds === null ? "" : durationWords(device.queueAgeSeconds, language))}
          {(device.stuckOperations ?? 0) > 0 && <small className={styles["small"]}>{t.stuck(device.stuckOperations ?? 0)}</small>}
        </>
      ),
    },
    {
      key: "storage",
      title: t.storage,
      wideOnly: true,
      render: (device) => (
        <>
          {device.encrypted === null ? t.encryptionUnknown : device.encrypted ? t.encrypted : t.plain}
          {device.persistent !== null && <small className={styles["small"]}>{device.persistent ? t.persistent : t.notPersistent}</small>}
        </>
      ),
    },
    { key: "version", title: t.version, wideOnly: true, render: (device) => device.appVersion },
  ];
}

export function States({ device }: { readonly device: RegisteredDevice }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <span className={styles["states"]}>
      {device.states.map((state) => (
        <Tooltip key={state} title={t[`why${state}`]}>
          <span className={styles["state"]} data-tone={TONES[state]}>
            {t[state]}
          </span>
        </Tooltip>
      ))}
    </span>
  );
}
