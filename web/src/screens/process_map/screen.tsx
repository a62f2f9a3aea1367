/** The whole business as a map to walk through: each step a way to where it is done, with what is there now. */
import { LockOutlined, PlusOutlined, RightOutlined } from "@ant-design/icons";
import { useRef, type KeyboardEvent, type ReactNode } from "react";
import { Link } from "wouter";
import { useAccess, useHas, useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import { DESCRIPTION } from "~/generated/description";
import { useCompact } from "~/ui/compact";
import { Page } from "~/ui/page";
import { say, type Texts } from "~/values/words";
import { LANES, type MapStep } from "./steps";
import styles from "./process_map.module.css";

const TEXTS = {
  title: ["流程导航", "Process map"],
  lead: ["点击步骤进入；用方向键在步骤之间移动。", "Click a step to open it; the arrow keys move between steps."],
  later: ["即将推出", "Coming soon"],
  notBought: ["未开通", "Not included"],
  noRight: ["没有查看权限", "Not yours to see"],
  leads: (from: string, to: string) => [`${from}之后是${to}`, `${from} leads to ${to}`],
  create: (what: string, of: string) => [`${what}：${of}`, `${what}: ${of}`],
} satisfies Texts;

type Counts = Readonly<Record<string, number>>;

export default function ProcessMap(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const counts = useCounts();
  const phone = useCompact();
  const map = useRef<HTMLDivElement>(null);
  return (
    <Page title={t.title} help="map" wide>
      {!phone && <p className={styles["lead"]}>{t.lead}</p>}
      <div ref={map} className={styles["map"]} onKeyDown={(event) => moveFocus(event, map.current)}>
        {LANES.map((lane) => (
          <section key={lane.key} aria-label={say(lane.words, language)}>
            <h2>{say(lane.words, language)}</h2>
            <ol className={styles["lane"]}>
              {lane.steps.map((step, at) => (
                <li key={step.key} className={styles["place"]}>
                  {at > 0 && <RightOutlined className={styles["arrow"] ?? ""} aria-hidden />}
                  <StepBox step={step} count={counts[step.key]} />
                </li>
              ))}
            </ol>
          </section>
        ))}
      </div>
    </Page>
  );
}

function useCounts(): Counts {
  const device = useDevice();
  const steps = LANES.flatMap((lane) => lane.steps);
  const collections = [...new Set(steps.flatMap((step) => (step.counted === undefined ? [] : [step.counted.collection])))];
  const live = useLive<Counts>("process map", collections, async () => {
    const schema = await device.schema();
    const counted = steps.flatMap(({ key, counted: what }) => (what === undefined || (schema !== null && !(what.collection in schema.collections)) ? [] : [{ key, ...what }]));
    const found = await Promise.all(counted.map(async ({ key, collection, where }) => [key, (await device.list({ collection, where, limit: 1 })).total] as const));
    return Object.fromEntries(found);
  });
  return live.data ?? {};
}

function StepBox({ step, count }: { readonly step: MapStep; readonly count: number | undefined }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const has = useHas();
  const may = useMay();
  const access = useAccess();
  const name = say(step.words, language);
  const seen = step.counted === undefined || may(`${DESCRIPTION.entities[step.counted.collection]?.permission}.view`);
  const why = step.to === null ? t.later : !has(step.module) ? t.notBought : seen ? null : t.noRight;
  const to = why === null && step.to !== null ? step.to : step.module === null ? "/modules" : `/modules/${step.module}`;
  const create = why === null && step.create !== undefined && may(step.create.permission) && (access === null || access.writable) ? step.create : null;
  const counted = why === null && count !== undefined && step.counted !== undefined ? `${count.toLocaleString()} ${say(step.counted.words(count), language)}` : null;
  return (
    <div className={why === null ? styles["step"] : styles["closed"]}>
      <Link href={to} data-step="" className={styles["name"] ?? ""}>
        <strong>
          {name} {why !== null && <LockOutlined aria-hidden />}
        </strong>
        <span className={styles["does"]}>{say(step.does, language)}</span>
        <span className={why === null ? styles["count"] : styles["why"]}>{counted ?? why ?? "\u00a0"}</span>
      </Link>
      {create !== null && (
        <Link href={create.to} className={styles["create"] ?? ""} aria-label={t.create(say(create.words, language), name)}>
          <PlusOutlined aria-hidden /> {say(create.words, language)}
        </Link>
      )}
    </div>
  );
}

/** Left and right within a lane, up and down to the same place of the next one. */
function moveFocus(event: KeyboardEvent, map: HTMLElement | null): void {
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] } as const;
  const step = steps[event.key as keyof typeof steps];
  const focused = document.activeElement;
  if (step === undefined || map === null || focused === null || !focused.matches("[data-step]")) return;
  const lanes = [...map.querySelectorAll("ol")].map((lane) => [...lane.querySelectorAll<HTMLElement>("[data-step]")]);
  const lane = lanes.findIndex((found) => found.includes(focused as HTMLElement));
  const at = lanes[lane]?.indexOf(focused as HTMLElement) ?? -1;
  const target = lanes[lane + step[1]];
  const next = target?.[Math.min(at + step[0], target.length - 1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
