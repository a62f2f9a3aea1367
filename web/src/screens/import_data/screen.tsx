/** Brings a spreadsheet in: choose, check without changing anything, then for real. */
import { DownloadOutlined, InboxOutlined } from "@ant-design/icons";
import { Alert, Button, Progress, Radio, Segmented, Steps, Switch, Upload } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useRequest } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { DESCRIPTION } from "~/generated/description";
import { useCompact } from "~/ui/compact";
import { useDescribed } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { collectionLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { saveFile } from "~/ui/save_file";
import { csvFile } from "~/values/csv";
import { say, type Texts } from "~/values/words";
import styles from "./import_data.module.css";
import { importFields } from "./import_fields";
import { base64Of, IMPORTS, LARGEST_BYTES, mapped, reportIn, variablesOf, type Existing, type Imported, type Report, type Settings } from "./report";
import { ReportView } from "./report_view";

const TEXTS = {
  title: ["导入数据", "Import"],
  noRights: ["您没有导入的权限", "You may not import"],
  noRightsHint: ["请让管理员在角色里勾选导入权限。", "Ask an admin to add it to your role."],
  stepFile: ["选择文件", "Choose a file"],
  stepCheck: ["检查", "Check"],
  stepDone: ["完成", "Done"],
  kind: ["导入什么", "What to import"],
  template: ["下载模板", "Download a template"],
  templateHint: ["也可以直接用别的系统导出的表格，列名会自动识别。", "A sheet from another system works too: its column names are recognised."],
  drop: ["把表格拖到这里，或点击选择", "Drop a sheet here, or click to choose"],
  tap: ["点击选择表格", "Tap to choose a sheet"],
  formats: ["CSV、XLSX、XLS，最大 20 MB", "CSV, XLSX or XLS, up to 20 MB"],
  tooLarge: ["文件超过 20 MB，请拆成几个文件再导入。", "The file is larger than 20 MB: split it into several."],
  existing: ["遇到已有的记录", "Existing records"],
  update: ["用文件里的值更新", "Update them from the file"],
  fill: ["只补充空白字段", "Fill in empty fields only"],
  skip: ["跳过", "Skip them"],
  allGood: ["有任何一行不对就全部不导入", "Import nothing if any row has an error"],
  again: ["重复导入同一个文件不会产生重复记录：按编码、名称和电话（商品按规格）找到已有的记录。", "Importing the same file again creates no duplicates: records are matched by code, name and phone (products by specification)."],
  stock: ["期初库存", "Opening stock"],
  stockHint: ["只能导入还没有出入库的商品；之后的差异请用盘点调整。请先导入商品、建好仓库。", "For products that have not moved yet; count to put later differences right. Import products and set up warehouses first."],
  checking: ["正在检查，不会改动任何数据…", "Checking; nothing is changed…"],
  importing: (rows: string) => [`正在导入 ${rows} 行，请不要关闭页面…`, `Importing ${rows} rows; keep this page open…`],
  start: (rows: string) => [`导入 ${rows} 行`, `Import ${rows} ${rows === "1" ? "row" : "rows"}`],
  other: ["换一个文件", "Choose another file"],
  done: ["导入完成", "The import is done"],
  more: ["继续导入", "Import another file"],
  online: ["导入由服务器完成，需要联网。", "The server does the import; this needs a network."],
} satisfies Texts;

export default function ImportScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const kinds = (Object.keys(IMPORTS) as Imported[]).filter((kind) => may(`${DESCRIPTION.entities[kind]?.permission ?? kind}.import`));
  const first = kinds[0];
  if (first === undefined) {
    return (
      <Page title={t.title}>
        <Empty title={t.noRights} hint={t.noRightsHint} />
      </Page>
    );
  }
  return <Wizard kinds={kinds} first={first} />;
}

const AT_FIRST: Settings = { existing: "update", onlyIfAllGood: false, mapping: {} };

interface Chosen {
  readonly name: string;
  readonly content: string;
}

function Wizard({ kinds, first }: { readonly kinds: readonly Imported[]; readonly first: Imported }): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const device = useDevice();
  const language = useLanguage();
  const request = useRequest();
  const [kind, setKind] = useState<Imported>(first);
  const [settings, setSettings] = useState<Settings>(AT_FIRST);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isReal, setIsReal] = useState(false);
  const ask = async (file: Chosen, wanted: Settings, dryRun: boolean): Promise<void> => {
    setIsReal(!dryRun);
    const answer = await request.send(IMPORTS[kind], variablesOf(file.name, file.content, wanted, dryRun));
    if (answer === null) return;
    setReport(reportIn(answer));
    if (!dryRun) await device.sync();
  };
  const choose = async (file: File): Promise<void> => {
    if (file.size > LARGEST_BYTES) return setProblem(t.tooLarge);
    setProblem(null);
    const read = { name: file.name, content: await base64Of(file) };
    setChosen(read);
    await ask(read, settings, true);
  };
  const change = (part: Partial<Settings>): void => {
    const next = { ...settings, ...part };
    setSettings(next);
    if (chosen !== null) void ask(chosen, next, true);
  };
  const restart = (): void => {
    setChosen(null);
    setReport(null);
    setSettings({ ...settings, mapping: {} });
    request.clear();
  };
  const step = report === null ? 0 : report.dryRun ? 1 : 2;
  const good = report === null ? 0 : report.rows - report.bad;
  return (
    <Page title={t.title} help="import">
      <Steps size="small" current={step} responsive={!phone} className={styles["steps"] ?? ""} items={[{ title: t.stepFile }, { title: t.stepCheck }, { title: t.stepDone }]} />
      {step === 0 && (
        <Panel title={t.kind} note={t.online} actions={<Template kind={kind} />}>
          <Segmented className={styles["kinds"] ?? ""} aria-label={t.kind} value={kind} disabled={request.busy} options={kinds.map((one) => ({ value: one, label: one === "stockBalances" ? t.stock : collectionLabel(one, language) }))} onChange={setKind} />
          {kind === "stockBalances" && <p className={styles["hint"]}>{t.stockHint}</p>}
          <p className={styles["hint"]}>{t.templateHint}</p>
          <Options settings={settings} onChange={change} />
          <Upload.Dragger accept=".csv,.xlsx,.xls,.txt" showUploadList={false} disabled={request.busy} beforeUpload={(file) => { void choose(file); return false; }}>
            <p className={styles["dropIcon"]}>
              <InboxOutlined aria-hidden />
            </p>
            <p>{phone ? t.tap : t.drop}</p>
            <p className={styles["hint"]}>{t.formats}</p>
          </Upload.Dragger>
          {problem !== null && <Alert role="alert" type="error" showIcon title={problem} />}
        </Panel>
      )}
      <Failure error={request.error} {...(chosen === null ? {} : { onRetry: () => void ask(chosen, settings, true) })} />
      {request.busy && <Busy text={isReal ? t.importing(good.toLocaleString()) : t.checking} />}
      {report !== null && chosen !== null && (
        <>
          {report.dryRun && (
            <Panel title={chosen.name}>
              <Options settings={settings} onChange={change} />
            </Panel>
          )}
          {!report.dryRun && <Alert type="success" showIcon title={t.done} className={styles["done"] ?? ""} />}
          <ReportView kind={kind} report={report} busy={request.busy} fileName={chosen.name} onMap={(header, field) => change({ mapping: mapped(report, header, field) })} />
          <div className={styles["bar"]}>
            {report.dryRun && (
              <Button type="primary" disabled={good === 0 || (settings.onlyIfAllGood && report.bad > 0)} loading={request.busy} onClick={() => void ask(chosen, settings, false)}>
                {t.start(good.toLocaleString())}
              </Button>
            )}
            <Button disabled={request.busy} onClick={restart}>
              {report.dryRun ? t.other : t.more}
            </Button>
          </div>
        </>
      )}
      <p className={styles["hint"]}>{t.again}</p>
    </Page>
  );
}

function Busy({ text }: { readonly text: string }): ReactNode {
  return (
    <div role="status" className={styles["busy"]}>
      <Progress percent={100} status="active" showInfo={false} />
      {text}
    </div>
  );
}

function Options({ settings, onChange }: { readonly settings: Settings; onChange(part: Partial<Settings>): void }): ReactNode {
  const t = useTexts(TEXTS);
  const choices: readonly { readonly value: Existing; readonly label: string }[] = [
    { value: "update", label: t.update },
    { value: "fill", label: t.fill },
    { value: "skip", label: t.skip },
  ];
  return (
    <div className={styles["options"]}>
      <div>
        <div className={styles["label"]}>{t.existing}</div>
        <Radio.Group aria-label={t.existing} value={settings.existing} options={[...choices]} onChange={(event) => onChange({ existing: event.target.value as Existing })} />
      </div>
      <label className={styles["switch"]}>
        <Switch checked={settings.onlyIfAllGood} onChange={(onlyIfAllGood) => onChange({ onlyIfAllGood })} /> {t.allGood}
      </label>
    </div>
  );
}

/** A sheet with the columns that can be filled, the company's own fields among them. */
function Template({ kind }: { readonly kind: Imported }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const fields = importFields(kind, useDescribed(kind));
  if (fields.length === 0) return null;
  const save = (): void => {
    saveFile(csvFile([fields.map((field) => say(field.label, language))]), `${kind === "stockBalances" ? t.stock : collectionLabel(kind, language)}.csv`);
  };
  return (
    <Button icon={<DownloadOutlined />} onClick={save}>
      {t.template}
    </Button>
  );
}
