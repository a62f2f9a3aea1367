/** One indicator for how far everything is: a word in the bar, sentences behind it. */
import {
  CheckCircleOutlined, CloudSyncOutlined, CloudUploadOutlined, DisconnectOutlined, ExclamationCircleOutlined, LoadingOutlined,
} from "@ant-design/icons";
import { Button, Drawer, Popover, Progress } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useKept, useUpdate } from "~/data/updates_context";
import type { SyncStatus } from "~/device/api";
import { instantWords, sinceWords } from "~/ui/instants";
import { useCompact } from "~/ui/compact";
import { Failure } from "~/ui/failure";
import { labelled, type Texts } from "~/values/words";
import { percentOf, summarise, SYNC_TEXTS, type SyncSummary, type Tone } from "./sync_words";
import styles from "./sync.module.css";

const TEXTS = {
  title: ["同步状态", "Sync"],
  lastContact: (when: string) => [`上次联系服务器：${when}`, `Last contact with the server: ${when}`],
  never: ["还没有联系上服务器", "No contact with the server yet"],
  now: ["立即同步", "Sync now"],
  decide: ["去处理", "Decide now"],
  update: ["立即更新", "Update now"],
  allSaved: ["所有内容都已保存到服务器。", "Everything is saved on the server."],
  loading: ["首次载入进度", "Progress of the first load"],
  keeping: ["应用本身还没有存到本机：断网后只能用已打开的页面，请保持联网片刻。", "The app itself is not on this device yet: without a network only open pages work. Stay online for a moment."],
} satisfies Texts;

const SIGNS: Readonly<Record<Tone, ReactNode>> = {
  good: <CheckCircleOutlined />,
  busy: <LoadingOutlined />,
  quiet: <CloudUploadOutlined />,
  warn: <DisconnectOutlined />,
  bad: <ExclamationCircleOutlined />,
};

export function SyncIndicator(): ReactNode {
  const phone = useCompact();
  const status = useStatus();
  const language = useLanguage();
  const kept = useKept();
  const t = useTexts(TEXTS);
  const words = useTexts(SYNC_TEXTS);
  const [open, setOpen] = useState(false);
  const update = useUpdate();
  const summary = summarise(status, update.ready, words, (instant) => instantWords(instant, language));
  const button = (
    <Button
      type="text"
      className={`${styles["indicator"]} ${styles[summary.tone]}`}
      icon={status.online ? SIGNS[summary.tone] : <DisconnectOutlined />}
      aria-label={labelled(t.title, summary.label, language)}
      aria-expanded={open}
      title={phone ? undefined : t.title}
      onClick={() => setOpen(!open)}
    >
      {phone ? null : summary.label}
    </Button>
  );
  const details = <Details status={status} summary={summary} onDone={() => setOpen(false)} />;
  return (
    <>
      <span className={styles["spoken"]} role="status" data-sync-phase={status.phase} data-sync-pending={status.pending} data-sync-online={status.online} data-app-kept={kept}>
        {summary.label}
      </span>
      {phone ? (
        <>
          {button}
          <Drawer open={open} onClose={() => setOpen(false)} placement="bottom" size="auto" title={t.title}>
            {details}
          </Drawer>
        </>
      ) : (
        <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" title={t.title} content={details}>
          {button}
        </Popover>
      )}
    </>
  );
}

function Details({ status, summary, onDone }: { readonly status: SyncStatus; readonly summary: SyncSummary; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const [, navigate] = useLocation();
  const [failed, setFailed] = useState<Error | null>(null);
  const update = useUpdate();
  const kept = useKept();
  const go = (place: string): void => {
    onDone();
    navigate(place);
  };
  const sync = (): void => {
    setFailed(null);
    device.sync().catch(setFailed);
  };
  return (
    <div className={styles["details"]}>
      <p className={`${styles["headline"]} ${styles[summary.tone]}`}>{summary.label}</p>
      {status.phase === "loading" && <Progress percent={percentOf(status)} size="small" aria-label={t.loading} />}
      {summary.details.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {summary.details.length === 0 && status.phase === "ready" && <p>{t.allSaved}</p>}
      {!kept && <p>{t.keeping}</p>}
      <p className={styles["contact"]}>
        <LastContact at={status.lastContactAt} />
      </p>
      <Failure error={failed} />
      <div className={styles["buttons"]}>
        {(status.outdated || update.ready) && (
          <Button type="primary" onClick={update.apply}>
            {t.update}
          </Button>
        )}
        {status.needsAttention > 0 && (
          <Button type={status.outdated ? "default" : "primary"} onClick={() => go("/inbox")}>
            {t.decide}
          </Button>
        )}
        <Button icon={<CloudSyncOutlined />} loading={status.syncing} onClick={sync}>
          {t.now}
        </Button>
      </div>
    </div>
  );
}

function LastContact({ at }: { readonly at: string | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return at === null ? t.never : t.lastContact(sinceWords(at, language));
}
