/** Everything that waits for the member, over all modules. */
import { Alert, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useTodos } from "~/data/todos";
import { hasBar } from "~/data/troubles";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { TodoList } from "~/ui/todo_list";
import type { Texts } from "~/values/words";

const TEXTS = {
  title: ["待办", "To do"],
  count: (n: number) => [`${n} 项`, `${n} open`],
  none: ["没有待办", "Nothing to do"],
  noneHint: ["到期的跟进、草稿、待出库的订单、需要决定的修改会列在这里。", "Follow-ups due, drafts, orders to deliver and changes to decide on are listed here."],
  security: ["查看本设备", "See this device"],
} satisfies Texts;

const EACH = 50;

export default function Todo(): ReactNode {
  const t = useTexts(TEXTS);
  const { groups, total, known, error } = useTodos();
  const { trouble } = useStatus();
  return (
    <Page title={t.title} help="todo" {...(known && total > 0 ? { aside: t.count(total) } : {})}>
      {trouble !== null && !hasBar(trouble.code) && (
        <Alert type="error" showIcon title={trouble.message} description={trouble.remedy} action={<Link href="/me">{t.security}</Link>} style={{ marginBottom: 16 }} />
      )}
      <Failure error={error} />
      {!known && error === null && <Skeleton active title={false} />}
      {known && total === 0 && <Empty title={t.none} hint={t.noneHint} />}
      {total > 0 && (
        <Panel title={t.title} quiet>
          <TodoList groups={groups} each={EACH} heading="h2" />
        </Panel>
      )}
    </Page>
  );
}
