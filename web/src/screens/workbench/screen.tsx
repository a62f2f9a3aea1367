/** Where the day begins: what to do, what to make, how the month goes, what changed last. */
import { Alert, Button, Progress, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useSetup } from "~/data/setup";
import { useTodos } from "~/data/todos";
import { hasBar } from "~/data/troubles";
import { useCompact } from "~/ui/compact";
import { useCreations } from "~/ui/creations";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { TodoList } from "~/ui/todo_list";
import { say, type Texts } from "~/values/words";
import { FigureCards } from "./figure_cards";
import { RecentRows } from "./recent_rows";
import styles from "./workbench.module.css";

const TEXTS = {
  title: ["工作台", "Workbench"],
  morning: (name: string) => [`${name}，早上好`, `Good morning, ${name}`],
  day: (name: string) => [`${name}，下午好`, `Good afternoon, ${name}`],
  evening: (name: string) => [`${name}，晚上好`, `Good evening, ${name}`],
  todo: ["待办", "To do"],
  all: ["全部待办", "All to-dos"],
  create: ["快速新建", "New"],
  none: ["没有待办，今天都处理完了", "Nothing to do: all done for today"],
  noneHint: ["到期的跟进、草稿、待出库的订单会出现在这里。", "Follow-ups due, drafts and orders to deliver appear here."],
  loading: ["正在把您的数据载入本设备…", "Loading your data to this device…"],
  setUp: ["开始使用", "Getting started"],
  setUpDone: (done: number, of: number) => [`已完成 ${done}/${of} 步`, `${done} of ${of} steps done`],
  goOn: ["继续", "Continue"],
  map: ["流程导航", "Process map"],
} satisfies Texts;

/** How many lines of a kind: about as many in all, whatever kinds there are. */
function linesEach(kinds: number, phone: boolean): number {
  if (phone) return kinds <= 1 ? 5 : 3;
  return kinds <= 1 ? 12 : kinds <= 2 ? 6 : 4;
}

export default function Workbench(): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const { me } = useDevice();
  const hour = new Date().getHours();
  const greeting = hour < 12 ? t.morning : hour < 18 ? t.day : t.evening;
  return (
    <Page title={phone ? t.title : greeting(me.memberName)} help="workbench" wide>
      <div className={styles["board"]}>
        <Create />
        <div className={styles["main"]}>
          <Progressing />
          <SetUpCard />
          {phone && <FigureCards />}
          <Todos phone={phone} />
        </div>
        <div className={styles["aside"]}>
          {!phone && <FigureCards />}
          <RecentRows />
        </div>
      </div>
    </Page>
  );
}

function Create(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const creations = useCreations();
  if (creations.length === 0) return null;
  return (
    <nav aria-label={t.create} className={styles["create"]}>
      {creations.map(({ to, icon, words }) => (
        <Link key={to} href={to} className={styles["creation"] ?? ""}>
          {icon}
          <span>{say(words, language)}</span>
        </Link>
      ))}
    </nav>
  );
}

function Todos({ phone }: { readonly phone: boolean }): ReactNode {
  const t = useTexts(TEXTS);
  const { groups, total, known: counted, error } = useTodos();
  const { phase } = useStatus();
  const known = counted && phase === "ready";
  return (
    <section className={styles["card"]} aria-label={t.todo}>
      <h2>
        {t.todo}
        {total > 0 && <Link href="/todo">{t.all}</Link>}
      </h2>
      <Failure error={error} />
      {!known && error === null && <Skeleton active title={false} paragraph={{ rows: 4 }} />}
      {known && total === 0 && <Empty title={t.none} hint={t.noneHint} />}
      <TodoList groups={groups} each={linesEach(groups.length, phone)} heading="h3" />
    </section>
  );
}

function Progressing(): ReactNode {
  const t = useTexts(TEXTS);
  const { phase, progress, trouble } = useStatus();
  if (phase === "ready") return null;
  // Nothing is on its way then: why is more use than a bar that stands still.
  if (trouble !== null) return hasBar(trouble.code) ? null : <Alert type="error" showIcon title={trouble.message} description={trouble.remedy || undefined} />;
  return (
    <section className={styles["card"]} aria-busy="true">
      <p className={styles["loading"]}>{t.loading}</p>
      <Progress percent={Math.floor(100 * (progress ?? 0))} aria-label={t.loading} />
    </section>
  );
}

function SetUpCard(): ReactNode {
  const t = useTexts(TEXTS);
  const { steps, known } = useSetup();
  const { phase } = useStatus();
  const done = steps.filter((step) => step.done === true).length;
  // Steps that nobody can check now are not held against anybody.
  const open = steps.some((step) => step.done === false);
  if (!known || !open || phase !== "ready") return null;
  return (
    <section className={styles["setup"]} aria-label={t.setUp}>
      <Progress type="circle" size={44} percent={Math.round((100 * done) / steps.length)} aria-label={t.setUpDone(done, steps.length)} />
      <div>
        <strong>{t.setUp}</strong>
        <div className={styles["soft"]}>{t.setUpDone(done, steps.length)}</div>
      </div>
      <Link href="/start" asChild>
        <Button>
          {t.goOn}
        </Button>
      </Link>
    </section>
  );
}
