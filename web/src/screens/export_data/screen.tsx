/** Takes data out: all of it as one archive, a kind of record as a sheet. */
import { FileExcelOutlined, FileZipOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useMay } from "~/data/access_context";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { DESCRIPTION } from "~/generated/description";
import type { Operations } from "~/generated/operations";
import { Empty } from "~/ui/empty";
import { useFailureWords } from "~/ui/failure";
import { collectionLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { listPath } from "~/ui/paths";
import { saveFile } from "~/ui/save_file";
import type { Texts } from "~/values/words";
import styles from "./export_data.module.css";

const TEXTS = {
  title: ["导出数据", "Export"],
  all: ["全部数据", "All data"],
  allNote: ["您能看到的全部数据和附件，打包成一个 zip，里面每类数据一个 CSV，并附说明。任何时候都可以导出，试用到期或停止订阅后也可以。", "Everything you can see, with files, in one zip: a CSV for each kind of record and a description. Available at any time, even after the trial or subscription has ended."],
  allStart: ["导出全部数据", "Export all data"],
  kinds: ["按类别导出", "By type"],
  kindsNote: ["由服务器生成，导出的文件可以原样导回。", "Created by the server; the file can be imported again as it is."],
  lists: ["导出列表", "From a list"],
  listsNote: ["在任何列表里筛选好之后，点列表上方的下载按钮：导出的就是列表里看到的列和行，没有网络也可以。", "Filter any list, then use the download button above it: you get the columns and rows that you see, even without a network."],
  noRights: ["您没有导出的权限", "You may not export"],
  noRightsHint: ["请让管理员在角色里勾选导出权限。", "Ask an admin to add it to your role."],
  preparing: ["正在准备文件…", "Preparing the file…"],
} satisfies Texts;

/** As the navigation has them; what it does not know comes behind. */
const ORDER = ["customers", "contacts", "activities", "salesOrders", "salesOrderLines", "products", "stockBalances", "stockMoves", "stockCounts", "stockCountLines", "warehouses"];

function inOrder(one: { readonly collection: string }, other: { readonly collection: string }): number {
  const place = ({ collection }: { readonly collection: string }): number => (ORDER.includes(collection) ? ORDER.indexOf(collection) : ORDER.length);
  return place(one) - place(other);
}

type DownloadLink = Operations["ExportData"]["result"]["exportData"];

export default function ExportScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const { schema } = useDefinitions();
  const exporting = useExporting();
  const kinds = Object.values(DESCRIPTION.entities).filter((entity) => `${entity.permission}.export` in DESCRIPTION.permissions && may(`${entity.permission}.export`) && may(`${entity.permission}.view`) && (schema === null || entity.collection in schema.collections)).toSorted(inOrder);
  const mayAll = may("tenants.tenant.export");
  const lists = Object.values(DESCRIPTION.entities).filter((entity) => entity.synced && entity.searchable && (schema === null || entity.collection in schema.collections)).toSorted(inOrder);
  return (
    <Page title={t.title} help="export">
      {!mayAll && kinds.length === 0 && <Empty title={t.noRights} hint={t.noRightsHint} />}
      <div className={styles["panels"]}>
        {mayAll && (
          <Panel title={t.all} note={t.allNote}>
            <Button type="primary" icon={<FileZipOutlined />} loading={exporting.running === "all"} onClick={() => exporting.start("all", {})}>
              {exporting.running === "all" ? t.preparing : t.allStart}
            </Button>
          </Panel>
        )}
        {kinds.length > 0 && (
          <Panel title={t.kinds} note={t.kindsNote}>
            <ul className={styles["kinds"]}>
              {kinds.map((entity) => (
                <li key={entity.collection}>
                  <span>{collectionLabel(entity.collection, language)}</span>
                  {(["csv", "xlsx"] as const).map((format) => (
                    <Button key={format} size="small" icon={format === "xlsx" ? <FileExcelOutlined /> : undefined} loading={exporting.running === `${entity.collection} ${format}`} disabled={exporting.running !== null} onClick={() => exporting.start(`${entity.collection} ${format}`, { entity: entity.collection, format })}>
                      {format === "xlsx" ? "Excel" : "CSV"}
                    </Button>
                  ))}
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Panel title={t.lists} note={t.listsNote}>
          <div className={styles["lists"]}>
            {lists.map((entity) => (
              <Link key={entity.collection} href={listPath(entity.collection)}>
                {collectionLabel(entity.collection, language)}
              </Link>
            ))}
          </div>
        </Panel>
      </div>
    </Page>
  );
}

/** One at a time: the server makes whoever asks for more wait. */
function useExporting(): { readonly running: string | null; start(name: string, variables: { readonly entity?: string; readonly format?: string }): void } {
  const device = useDevice();
  const { message } = App.useApp();
  const words = useFailureWords();
  const [running, setRunning] = useState<string | null>(null);
  const run = async (name: string, variables: { readonly entity?: string; readonly format?: string }): Promise<void> => {
    setRunning(name);
    try {
      const { exportData: link } = await device.ask<{ readonly exportData: DownloadLink }>("ExportData", variables);
      saveFile(await device.download(link.path), link.fileName);
    } catch (error) {
      const { message: what, remedy } = words(error as Error);
      message.error(`${what} ${remedy}`);
    } finally {
      setRunning(null);
    }
  };
  return { running, start: (name, variables) => void run(name, variables) };
}
