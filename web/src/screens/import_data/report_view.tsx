/** What a dry run or an import found: figures, columns, and every problem by row and column. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Select, Table, Tabs } from "antd";
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useDescribed } from "~/ui/described";
import { Panel } from "~/ui/panel";
import { saveFile } from "~/ui/save_file";
import { csvFile } from "~/values/csv";
import { grouped, shortest } from "~/values/money";
import { say, type Texts } from "~/values/words";
import styles from "./import_data.module.css";
import { importFields } from "./import_fields";
import { stockIn, type Imported, type Report, type StockTotal } from "./report";

const TEXTS = {
  rows: ["行数", "Rows"],
  created: (dry: boolean) => [dry ? "将新建" : "已新建", dry ? "To create" : "Created"],
  updated: (dry: boolean) => [dry ? "将更新" : "已更新", dry ? "To update" : "Updated"],
  unchanged: ["没有变化", "Unchanged"],
  skipped: ["跳过", "Skipped"],
  bad: ["有问题", "With problems"],
  stock: ["期初库存核对", "Opening stock"],
  warehouse: ["仓库", "Warehouse"],
  inFile: ["文件数量合计", "In the file"],
  inBooks: (dry: boolean) => [dry ? "导入后现存量" : "账面现存量", dry ? "On hand afterwards" : "On hand"],
  balanced: ["文件与账面一致", "The file and the books agree"],
  unbalanced: ["文件与账面不一致，请逐项核对", "The file and the books differ: check them"],
  columns: ["列的对应", "Columns"],
  column: ["文件中的列", "Column"],
  field: ["导入到", "Goes to"],
  ignored: ["不导入", "Do not import"],
  problems: (count: string) => [`问题 ${count}`, `Problems ${count}`],
  warnings: (count: string) => [`提醒 ${count}`, `Warnings ${count}`],
  updates: (count: string) => [`更新的记录 ${count}`, `Updates ${count}`],
  row: ["行", "Row"],
  what: ["问题", "Problem"],
  remedy: ["怎么改", "What to do"],
  changes: ["更新的字段", "Fields"],
  save: ["下载问题清单", "Download the problems"],
  saved: (name: string) => [`${name}-问题清单.csv`, `${name}-problems.csv`],
  cut: (count: string) => [`只列出前 10,000 个，共 ${count} 个`, `The first 10,000 of ${count}`],
} satisfies Texts;

interface ReportViewProps {
  readonly kind: Imported;
  readonly report: Report;
  readonly busy: boolean;
  readonly fileName: string;
  onMap(header: string, field: string | null): void;
}

type Problem = Report["problems"][number];

export function ReportView({ kind, report, busy, fileName, onMap }: ReportViewProps): ReactNode {
  const t = useTexts(TEXTS);
  const figures: readonly (readonly [string, number])[] = [
    [t.rows, report.rows],
    [t.created(report.dryRun), report.created],
    [t.updated(report.dryRun), report.updated],
    [t.unchanged, report.unchanged],
    [t.skipped, report.skipped],
    [t.bad, report.bad],
  ];
  const save = (): void => {
    const lines = [...report.problems, ...report.warnings].map((one) => [String(one.row), one.column ?? "", one.message, one.remedy]);
    saveFile(csvFile([[t.row, t.column, t.what, t.remedy], ...lines]), t.saved(fileName.replace(/\.[^.]+$/, "")));
  };
  return (
    <>
      <dl className={styles["figures"]}>
        {figures.map(([label, count]) => (
          <div key={label} className={label === t.bad && count > 0 ? styles["figureBad"] : undefined}>
            <dt>{label}</dt>
            <dd>{count.toLocaleString()}</dd>
          </div>
        ))}
      </dl>
      {stockIn(report).length > 0 && <Stock totals={stockIn(report)} dry={report.dryRun} />}
      {report.dryRun && <Mapping kind={kind} report={report} busy={busy} onMap={onMap} />}
      {(report.problems.length > 0 || report.warnings.length > 0 || report.updates.length > 0) && (
        <Panel
          title={t.bad}
          actions={
            report.problems.length + report.warnings.length > 0 && (
              <Button size="small" icon={<DownloadOutlined />} onClick={save}>
                {t.save}
              </Button>
            )
          }
        >
          <Tabs
            items={[
              ...(report.problems.length > 0 ? [{ key: "problems", label: t.problems(report.problemsTotal.toLocaleString()), children: <Problems problems={report.problems} total={report.problemsTotal} /> }] : []),
              ...(report.warnings.length > 0 ? [{ key: "warnings", label: t.warnings(report.warningsTotal.toLocaleString()), children: <Problems problems={report.warnings} total={report.warningsTotal} /> }] : []),
              ...(report.updates.length > 0 ? [{ key: "updates", label: t.updates(report.updated.toLocaleString()), children: <Updates report={report} /> }] : []),
            ]}
          />
        </Panel>
      )}
    </>
  );
}

/** What the file says against what the books say: before the company goes live both have to be equal. */
function Stock({ totals, dry }: { readonly totals: readonly StockTotal[]; readonly dry: boolean }): ReactNode {
  const t = useTexts(TEXTS);
  const balanced = totals.every((one) => one.quantity === one.onHand);
  return (
    <Panel title={t.stock} note={balanced ? t.balanced : t.unbalanced}>
      <Table<StockTotal>
        size="small"
        pagination={false}
        dataSource={[...totals]}
        rowKey="warehouse"
        columns={[
          { title: t.warehouse, dataIndex: "warehouse" },
          { title: t.rows, dataIndex: "rows", width: 96, align: "end" },
          { title: t.inFile, dataIndex: "quantity", width: 140, align: "end", render: (text: string) => grouped(shortest(text)) },
          { title: t.inBooks(dry), dataIndex: "onHand", width: 160, align: "end", render: (text: string) => grouped(shortest(text)) },
        ]}
      />
    </Panel>
  );
}

const PAGE = { defaultPageSize: 50, showSizeChanger: false, hideOnSinglePage: true } as const;

function Problems({ problems, total }: { readonly problems: readonly Problem[]; readonly total: number }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <>
      {/* By keys too: it is wider than a phone. */}
      <div role="region" aria-label={t.problems(total.toLocaleString())} tabIndex={0} className={styles["across"]}>
        <Table<Problem>
          size="small"
          pagination={PAGE}
          dataSource={[...problems]}
          rowKey={(one) => `${one.row} ${one.column} ${one.code}`}
          columns={[
            { title: t.row, dataIndex: "row", width: 72 },
            { title: t.column, dataIndex: "column", width: 140 },
            { title: t.what, dataIndex: "message" },
            { title: t.remedy, dataIndex: "remedy" },
          ]}
        />
      </div>
      {total > problems.length && <p className={styles["hint"]}>{t.cut(total.toLocaleString())}</p>}
    </>
  );
}

function Updates({ report }: { readonly report: Report }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <Table<Report["updates"][number]>
      size="small"
      pagination={PAGE}
      dataSource={[...report.updates]}
      rowKey="row"
      columns={[
        { title: t.row, dataIndex: "row", width: 72 },
        { title: t.changes, dataIndex: "fields", render: (fields: readonly string[]) => fields.join(language === "en" ? ", " : "、") },
      ]}
    />
  );
}

function Mapping({ kind, report, busy, onMap }: Omit<ReportViewProps, "fileName">): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const fields = importFields(kind, useDescribed(kind));
  const known = new Map(report.columns.flatMap((column) => (column.field === null ? [] : [[column.field, column.label ?? column.field] as const])));
  for (const field of fields) known.set(field.name, say(field.label, language));
  const options = [{ value: "", label: t.ignored }, ...[...known].map(([value, label]) => ({ value, label }))];
  return (
    <Panel title={t.columns}>
      <div className={styles["mapping"]}>
        {report.columns.map((column) => (
          <label key={column.header} className={column.field === null ? styles["unmapped"] : styles["mapped"]}>
            <span className={styles["header"]}>{column.header}</span>
            <Select aria-label={`${column.header} → ${t.field}`} showSearch={{ optionFilterProp: "label" }} disabled={busy} value={column.field ?? ""} options={options} onChange={(field) => onMap(column.header, field === "" ? null : field)} />
          </label>
        ))}
      </div>
    </Panel>
  );
}
