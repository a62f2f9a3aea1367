/** The first hour: what to set up, in any order, to be left and gone on with; practice on demo data. */
import { CheckCircleFilled, ClockCircleOutlined } from "@ant-design/icons";
import { Button, Progress, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useMay } from "~/data/access_context";
import { useTexts } from "~/data/device_context";
import { useSetup, type Step, type StepName } from "~/data/setup";
import { Empty } from "~/ui/empty";
import { Page } from "~/ui/page";
import { newPathThen } from "~/ui/paths";
import type { Texts } from "~/values/words";
import { DemoData } from "./demo_data";
import styles from "./start.module.css";

const TEXTS = {
  title: ["开始使用", "Getting started"],
  lead: ["按任意顺序完成，随时可以离开，回来接着做；系统会自动识别已完成的步骤。", "Do these in any order and come back whenever you like: finished steps are recognised automatically."],
  progress: (done: number, of: number) => [`已完成 ${done}/${of} 步`, `${done} of ${of} steps done`],
  allDone: ["都完成了，可以正常使用了。", "All done: you are ready to work."],
  nothing: ["您的角色没有需要设置的内容", "There is nothing for your role to set up"],
  nothingHint: ["直接从工作台开始即可。", "Begin at the workbench."],
  done: ["已完成", "Done"],
  open: ["未完成", "Not done"],
  unknown: ["联网后检查", "Checked with a network"],
  have: (n: number) => [`已有 ${n} 个`, `${n} so far`],
  havePeople: (n: number) => [`已有 ${n} 人`, `${n} so far`],
  minutes: (n: number) => [`约 ${n} 分钟`, `about ${n} min`],

  company: ["填写公司信息", "Complete the company details"],
  companyWhy: ["税号、币种和时区会用在单据和报表上。", "Tax number, currency and time zone appear on documents and reports."],
  companyDo: ["填写", "Fill in"],
  people: ["邀请同事", "Invite colleagues"],
  peopleWhy: ["每个人用自己的账号，只看到该看的数据。", "Everyone signs in with their own account and sees only what they should."],
  peopleDo: ["邀请", "Invite"],
  products: ["录入商品", "Enter products"],
  productsWhy: ["先录几个常卖的，其余以后补。", "Begin with the ones that sell most."],
  productsDo: ["新建商品", "New product"],
  customers: ["录入或导入客户", "Enter or import customers"],
  customersWhy: ["从 Excel 一次导入，先检查、后写入；也可以逐个录入。", "Import from Excel, checked before anything is written, or enter one by one."],
  customersDo: ["新建客户", "New customer"],
  customersAlso: ["导入", "Import"],
  warehouse: ["新建仓库", "Create a warehouse"],
  warehouseWhy: ["库存记在仓库里；只有一个也要先建。", "Stock is kept per warehouse; even a single one has to be there first."],
  warehouseDo: ["新建仓库", "New warehouse"],
  stock: ["盘点期初库存", "Count the opening stock"],
  stockWhy: ["盘一次点，现存量就准了。可以用手机摄像头扫码。", "One count makes the balances true. A phone's camera scans the codes."],
  stockDo: ["开始盘点", "Begin a count"],
  order: ["开第一张销售单", "Make the first order"],
  orderWhy: ["先存草稿，确认后可以出库。", "Save a draft first; confirmed, it can be delivered."],
  orderDo: ["新建销售单", "New sales order"],
  followUp: ["写第一条跟进", "Log the first follow-up"],
  followUpWhy: ["记下聊了什么、下一步是什么，到时候会提醒您。", "What was said and what comes next; you are reminded in time."],
  followUpDo: ["写跟进", "Log a follow-up"],
} satisfies Texts;

interface Way {
  readonly to: string;
  /** What its import asks for, where it has one. */
  readonly imports?: string;
  readonly minutes: number;
}

const WAYS: Readonly<Record<StepName, Way>> = {
  company: { to: "/settings/organisations", minutes: 2 },
  people: { to: "/settings/members", minutes: 2 },
  products: { to: newPathThen("products", "/start"), imports: "catalog.product.import", minutes: 3 },
  customers: { to: newPathThen("customers", "/start"), imports: "party.customer.import", minutes: 3 },
  warehouse: { to: newPathThen("warehouses", "/start"), minutes: 1 },
  stock: { to: "/counts/new", imports: "inventory.stock_balance.import", minutes: 5 },
  order: { to: "/orders/new", minutes: 3 },
  followUp: { to: "/follow-up", minutes: 1 },
};

export default function Start(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { steps, known, demo } = useSetup();
  const done = steps.filter((step) => step.done === true).length;
  return (
    <Page title={t.title} help="start">
      {!known && <Skeleton active title={false} />}
      {known && steps.length === 0 && <Empty title={t.nothing} hint={t.nothingHint} />}
      {known && steps.length > 0 && (
        <>
          <p className={styles["lead"]}>{done === steps.length ? t.allDone : t.lead}</p>
          <Progress percent={Math.round((100 * done) / steps.length)} format={() => `${done}/${steps.length}`} aria-label={t.progress(done, steps.length)} />
          <ol className={styles["steps"]}>
            {steps.map((step) => (
              <StepCard key={step.name} step={step} />
            ))}
          </ol>
        </>
      )}
      {known && may("tenants.setting.manage") && <DemoData demo={demo} />}
    </Page>
  );
}

function StepCard({ step }: { readonly step: Step }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const way = WAYS[step.name];
  const state = step.done === null ? t.unknown : step.done ? t.done : t.open;
  return (
    <li className={step.done === true ? styles["done"] : styles["step"]}>
      <span className={styles["mark"]} role="img" aria-label={state} title={state}>
        {step.done === true ? <CheckCircleFilled /> : step.done === null ? <ClockCircleOutlined /> : <i />}
      </span>
      <div className={styles["words"]}>
        <h2>{t[step.name]}</h2>
        <p>{t[`${step.name}Why`]}</p>
        <small>{step.done === true && step.count !== null && step.name !== "company" ? (step.name === "people" ? t.havePeople : t.have)(step.count) : step.done === true ? "" : t.minutes(way.minutes)}</small>
      </div>
      <div className={styles["ways"]}>
        {way.imports !== undefined && may(way.imports) && (
          <Link href="/settings/import" asChild>
            <Button>{t.customersAlso}</Button>
          </Link>
        )}
        <Link href={way.to} asChild>
          <Button type={step.done === true ? "default" : "primary"}>
            {t[`${step.name}Do`]}
          </Button>
        </Link>
      </div>
    </li>
  );
}
