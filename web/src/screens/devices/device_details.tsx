/** All that is known of one device, and how far a wipe has come. */
import { Modal } from "antd";
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { instantWords } from "~/ui/instants";
import { Facts } from "~/ui/panel";
import { platformOf, type RegisteredDevice } from "./device";
import { States } from "./device_list";
import styles from "./devices.module.css";
import { durationWords, sizeWords } from "~/ui/durations";
import { TEXTS } from "./texts";

export function DeviceDetails({ device, onClose }: { readonly device: RegisteredDevice; readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const at = (instant: string | null): string | null => (instant === null ? null : instantWords(instant, language));
  const lag = device.lag === null || device.lag === 0 ? null : [t.lagCommits(device.lag), device.lagSeconds === null ? "" : durationWords(device.lagSeconds, language)].filter(Boolean).join(language === "en" ? ", " : "，");
  return (
    <Modal open title={device.name} onCancel={onClose} footer={null} width={640}>
      <Facts
        facts={[
          { label: t.member, value: device.member?.name },
          { label: t.state, value: <States device={device} /> },
          { label: t.platform, value: platformOf(device, t.web) },
          { label: t.version, value: [device.appVersion, device.client].filter(Boolean).join(" · ") },
          { label: t.lastContact, value: at(device.lastContactAt) },
          { label: t.pulled, value: at(device.pulledAt) },
          { label: t.lag, value: lag },
          { label: t.queue, value: device.queued === 0 ? t.queueNone : t.queued(device.queued, device.queueAgeSeconds === null ? "" : durationWords(device.queueAgeSeconds, language)) },
          { label: t.size, value: device.replicaBytes === null ? null : sizeWords(Number(device.replicaBytes), language) },
          { label: t.storage, value: [device.encrypted === null ? t.encryptionUnknown : device.encrypted ? t.encrypted : t.plain, device.persistent === null ? "" : device.persistent ? t.persistent : t.notPersistent].filter(Boolean).join(language === "en" ? ", " : "，") },
          { label: t.created, value: at(device.createdAt) },
          { label: t.REVOKED, value: at(device.revokedAt) },
          { label: t.receipt, value: device.wipeState === "NONE" ? null : <Wipe device={device} /> },
        ]}
      />
      {device.originId !== null && <p className={styles["small"]}>{t.clonedFrom}</p>}
      <p className={styles["small"]}>{t.selfReported}</p>
    </Modal>
  );
}

function Wipe({ device }: { readonly device: RegisteredDevice }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const lines = [
    device.wipeState === "NONE" ? "" : t[`wipe${device.wipeState}`],
    device.wipeRequestedAt === null ? "" : t.requestedBy(device.wipeRequestedBy?.name ?? "–", instantWords(device.wipeRequestedAt, language)),
    device.wipeReason ?? "",
    device.wipeErasedAt === null ? "" : t.erasedAt(instantWords(device.wipeErasedAt, language)),
    device.wipedAt === null ? "" : device.wipeUnsent === null ? t.lostUnknown : t.lost(device.wipeUnsent),
  ];
  return lines.filter(Boolean).map((line) => <span key={line} className={styles["small"]}>{line}</span>);
}
