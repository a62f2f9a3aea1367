/** Health, load, queues, storage, versions, errors: figures with small meters. */
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { durationWords, sizeWords } from "~/ui/durations";
import { instantWords } from "~/ui/instants";
import { Facts, Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import type { Language } from "~/values/words";
import styles from "./ops.module.css";
import type { Status } from "./status";
import { TEXTS } from "./texts";

export function StatusPanels({ status }: { readonly status: Status }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const well = status.status === "ok";
  const headline = well ? t.ok : status.status === "stopping" ? t.stopping : t.failing;
  return (
    <>
      <p role="status" className={styles["headline"]} data-well={well}>
        {headline}
      </p>
      <Panel title={t.health}>
        <ul className={styles["parts"]}>
          {status.parts.map(([name, state]) => (
            <li key={name} data-well={state === "ok"}>
              <strong>{partName(name, t)}</strong>
              <span>{state === "ok" ? t.partOk : state}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <Load status={status} />
      <Panel title={t.queues}>
        <Facts
          facts={[
            { label: t.jobs, value: told(status.jobs, t.unknown, language) },
            { label: t.waiting, value: told(status.outbox.waiting, t.unknown, language) },
            { label: t.oldest, value: status.outbox.oldestSeconds === null ? null : durationWords(status.outbox.oldestSeconds, language) },
            { label: t.givenUp, value: <Alarm value={status.outbox.givenUp} /> },
          ]}
        />
      </Panel>
      <Storage status={status} />
      <Panel title={t.versions}>
        <Facts facts={[{ label: t.host, value: status.process.host }, { label: t.uptime, value: status.process.uptimeSeconds === null ? null : durationWords(status.process.uptimeSeconds, language) }, ...status.versions.map(([name, value]) => ({ label: versionName(name, t), value }))]} />
      </Panel>
      <Errors status={status} />
    </>
  );
}

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

function partName(name: string, t: Said): string {
  return name === "database" || name === "migrations" || name === "redis" || name === "worker" ? t[name] : name;
}

/** Products are called as their makers call them. */
const PRODUCTS: Readonly<Record<string, string>> = { python: "Python", postgresql: "PostgreSQL", redis: "Redis" };

function versionName(name: string, t: Said): string {
  return name === "yunfan" ? t.yunfan : name === "schema" ? t.migrations : (PRODUCTS[name] ?? name);
}

function told(value: number | null, unknown: string, language: Language): string {
  return value === null ? unknown : new Intl.NumberFormat(language).format(value);
}

function Load({ status }: { readonly status: Status }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { load, process } = status;
  const within = (ms: number | null): string | null => (ms === null ? null : `${told(ms, "", language)} ms`);
  const cores = process.cores ?? 1;
  return (
    <Panel title={t.load}>
      {process.load !== null && <Meter label={t.cpu} value={process.load / cores} words={t.cpuOf(told(process.load, "", language), cores)} />}
      <Facts
        facts={[
          { label: t.perSecond, value: told(load.requestsPerSecond, t.unknown, language) },
          { label: t.p50, value: within(load.p50Ms) },
          { label: t.p95, value: within(load.p95Ms) },
          { label: t.p99, value: within(load.p99Ms) },
          { label: t.refusedCount, value: told(load.refused, t.unknown, language) },
          { label: t.failedCount, value: <Alarm value={load.failed} /> },
          { label: t.underWay, value: told(load.underWay, t.unknown, language) },
          { label: t.sockets, value: told(load.openSockets, t.unknown, language) },
          { label: t.connections, value: told(status.connections, t.unknown, language) },
        ]}
      />
    </Panel>
  );
}

function Storage({ status }: { readonly status: Status }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { storage } = status;
  const used = storage.diskBytes === null || storage.diskFreeBytes === null ? null : storage.diskBytes - storage.diskFreeBytes;
  return (
    <Panel title={t.storage}>
      {used !== null && storage.diskBytes !== null && <Meter label={t.disk} value={used / storage.diskBytes} words={t.diskOf(sizeWords(used, language), sizeWords(storage.diskBytes, language))} />}
      <Facts
        facts={[
          { label: t.databaseSize, value: storage.databaseBytes === null ? t.unknown : sizeWords(storage.databaseBytes, language) },
          { label: t.files, value: storage.inBucket ? t.bucket : storage.fileCount === null || storage.fileBytes === null ? t.unknown : t.filesOf(told(storage.fileCount, "", language), sizeWords(storage.fileBytes, language)) },
        ]}
      />
    </Panel>
  );
}

function Errors({ status }: { readonly status: Status }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <Panel title={t.errors} note={t.errorsNote}>
      <Records
        label={t.errors}
        rows={status.errors}
        keyOf={(error) => error.event}
        empty={t.noErrors}
        columns={[
          { key: "event", title: t.event, render: (error) => <code>{error.event}</code> },
          { key: "count", title: t.count, figure: true, render: (error) => error.count },
          { key: "last", title: t.last, render: (error) => error.lastAt !== null && instantWords(error.lastAt, language) },
        ]}
      />
    </Panel>
  );
}

/** A figure that should be nought. */
function Alarm({ value }: { readonly value: number | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return <span className={value !== null && value > 0 ? styles["bad"] : undefined}>{told(value, t.unknown, language)}</span>;
}

/** `value`: 0 to 1, more where it is over its measure. */
function Meter({ label, value, words }: { readonly label: string; readonly value: number; readonly words: string }): ReactNode {
  const share = Math.max(0, Math.min(1, value));
  const tone = value > 0.9 ? "bad" : value > 0.75 ? "warn" : "good";
  return (
    <div className={styles["meter"]}>
      <span>{label}</span>
      <div role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={words} className={styles["track"]}>
        <div data-tone={tone} style={{ width: `${share * 100}%` }} />
      </div>
      <span>{words}</span>
    </div>
  );
}
