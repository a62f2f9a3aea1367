/** The files of a row: pictures are shown, sound is played, everything opens and can be removed; with a network or without. */
import { DeleteOutlined, DownloadOutlined, FileOutlined, PaperClipOutlined, UndoOutlined } from "@ant-design/icons";
import { App, Button, Image, Upload } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useList, useStatus } from "~/data/hooks";
import type { Row } from "~/device/api";
import type { Texts } from "~/values/words";
import { instantText } from "~/values/moments";
import styles from "./attachments.module.css";
import { useCompact } from "./compact";
import { entityOf } from "./described";
import { Failure, useFailureWords } from "./failure";
import { Panel } from "./panel";
import { plainName, saveFile } from "./save_file";
import { StateBadge } from "./state_badge";

const TEXTS = {
  title: ["附件", "Files"],
  drop: ["把文件拖到这里，或点击选择。没有网络也可以先添加。", "Drop files here, or click to choose. They can be added without a network."],
  tap: ["添加照片或文件，没有网络也可以", "Add photos or files, online or not"],
  none: ["还没有附件", "No files yet"],
  remove: (name: string) => [`移除“${name}”`, `Remove ${name}`],
  removed: ["已移除", "Removed"],
  undo: ["撤销", "Undo"],
  save: (name: string) => [`下载“${name}”`, `Save ${name}`],
  waiting: ["待上传", "Not uploaded yet"],
  refused: (why: string) => [`服务器没有接收：${why}请下载保存后移除。`, `Not taken by the server: ${why} Save it elsewhere and remove it here.`],
  onOther: ["文件还在添加它的设备上", "The file is still on the device that added it"],
  noContent: (name: string) => [`“${name}”没有内容，未添加`, `${name} is empty and was not added`],
} satisfies Texts;

const MOST = 200;

export function Attachments({ collection, rowId }: { readonly collection: string; readonly rowId: string }): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const device = useDevice();
  const { message } = App.useApp();
  const words = useFailureWords();
  const { schema } = useDefinitions();
  const entity = entityOf(collection)?.name ?? "";
  const { data, error } = useList({ collection: "attachments", where: [{ field: "rowId", op: "eq", value: rowId }], orderBy: [{ field: "createdAt", desc: true }], limit: MOST });
  const refused = useRefusedFiles();
  const mayAdd = schema !== null && "tenants.attach_file" in schema.commands;
  const mayRemove = schema !== null && "tenants.remove_attachment" in schema.commands;
  if (schema !== null && !("attachments" in schema.collections)) return null;
  const add = async (file: File): Promise<void> => {
    try {
      if (file.size === 0) return void message.warning(t.noContent(file.name));
      await device.attach({ entity, rowId, file, fileName: file.name, ...(file.type.startsWith("image/") ? { stripMetadata: true } : {}) }, crypto.randomUUID());
    } catch (failed) {
      const { message: what, remedy } = words(failed as Error);
      message.error(`${what} ${remedy}`);
    }
  };
  const rows = data?.rows ?? [];
  return (
    <Panel title={t.title}>
      <Failure error={error} />
      {rows.length > 0 && (
        <ul className={styles["files"]}>
          {rows.map((row) => (
            <Attachment key={row.id} row={row} mayRemove={mayRemove} refused={refused.get(row.id) ?? null} />
          ))}
        </ul>
      )}
      {mayAdd ? (
        <Upload.Dragger multiple showUploadList={false} className={styles["drop"] ?? ""} beforeUpload={(file) => { void add(file); return false; }}>
          <PaperClipOutlined aria-hidden /> {phone ? t.tap : t.drop}
        </Upload.Dragger>
      ) : (
        rows.length === 0 && <p className={styles["none"]}>{t.none}</p>
      )}
    </Panel>
  );
}

/** Why files of this device were refused, by attachment. */
function useRefusedFiles(): ReadonlyMap<string, string> {
  const device = useDevice();
  const { refusedFiles } = useStatus();
  const [found, setFound] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    let gone = false;
    device.refusedFiles().then(
      (files) => gone || setFound(new Map(files.map(({ attachmentId, message }) => [attachmentId, message]))),
      // The list shows what stands in the rows; the device says by itself when it ends.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [device, refusedFiles]);
  return found;
}

/** `refused`: why the server did not take it. */
function Attachment({ row, mayRemove, refused }: { readonly row: Row; readonly mayRemove: boolean; readonly refused: string | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const device = useDevice();
  const { message } = App.useApp();
  const words = useFailureWords();
  const name = plainName(String(row["fileName"]));
  const type = String(row["mediaType"]);
  const fail = (error: unknown): void => {
    const { message: what, remedy } = words(error as Error);
    message.error(`${what} ${remedy}`);
  };
  const save = async (): Promise<void> => device.open(row.id).then((file) => saveFile(file, name), fail);
  const remove = async (): Promise<void> => {
    try {
      await device.mutate("tenants.remove_attachment", { id: row.id });
      message.open({ type: "success", content: <Undone told={t.removed} label={t.undo} onUndo={() => void device.mutate("tenants.restore_attachment", { id: row.id }).catch(fail)} /> });
    } catch (error) {
      fail(error);
    }
  };
  return (
    <li className={styles["file"]}>
      <Preview row={row} type={type} name={name} drawn={refused === null} />
      <div className={styles["facts"]}>
        <button type="button" className={styles["name"]} onClick={() => void save()} title={name}>
          {name}
        </button>
        <span className={styles["more"]}>
          {sizeText(Number(row["sizeBytes"]))} · {instantText(String(row["createdAt"]), language)}
          {refused === null && row["state"] === "waiting" && row._state === null && <> · <span className={styles["whole"]}>{row["ownerId"] === device.me.memberId ? t.waiting : t.onOther}</span></>}
          {row._state !== null && (
            <>
              {" "}
              <StateBadge state={row._state} />
            </>
          )}
        </span>
        {refused !== null && <span className={styles["refused"]}>{t.refused(refused)}</span>}
      </div>
      <Button type="text" icon={<DownloadOutlined />} aria-label={t.save(name)} title={t.save(name)} onClick={() => void save()} />
      {mayRemove && <Button type="text" icon={<DeleteOutlined />} aria-label={t.remove(name)} title={t.remove(name)} onClick={() => void remove()} />}
    </li>
  );
}

function Undone({ told, label, onUndo }: { readonly told: string; readonly label: string; onUndo(): void }): ReactNode {
  return (
    <>
      {told}{" "}
      <Button type="link" size="small" icon={<UndoOutlined />} onClick={onUndo}>
        {label}
      </Button>
    </>
  );
}

/** Formats that browsers draw and play themselves; all others are saved. */
const DRAWN = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"]);
const LARGEST_DRAWN = 20 * 1024 * 1024;

/** `drawn`: not of what the server took for something else than it says to be. */
function Preview({ row, type, name, drawn }: { readonly row: Row; readonly type: string; readonly name: string; readonly drawn: boolean }): ReactNode {
  const isSound = type.startsWith("audio/");
  const address = useContent(row, drawn && (DRAWN.has(type) || isSound) && Number(row["sizeBytes"]) <= LARGEST_DRAWN);
  if (address !== null && isSound) return <audio controls preload="metadata" src={address} className={styles["sound"]} aria-label={name} />;
  if (address !== null) return <Image src={address} alt={name} width={48} height={48} className={styles["picture"] ?? ""} />;
  return (
    <span className={styles["icon"]}>
      <FileOutlined aria-hidden />
    </span>
  );
}

/** The address of a file's content in this tab; null: not shown, not here yet, or not to be had now. */
function useContent(row: Row, wanted: boolean): string | null {
  const device = useDevice();
  const [address, setAddress] = useState<string | null>(null);
  const { id } = row;
  const type = String(row["mediaType"]);
  useEffect(() => {
    if (!wanted) return;
    let made: string | null = null;
    let gone = false;
    device.open(id).then(
      (file) => {
        if (gone) return;
        made = URL.createObjectURL(new Blob([file], { type }));
        setAddress(made);
      },
      // Without a network the name stands for the file; opening it says why.
      () => undefined,
    );
    return () => {
      gone = true;
      setAddress(null);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [device, id, type, wanted]);
  return address;
}

/** `1.4 MB` */
export function sizeText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const size = bytes / 1024 ** power;
  return `${power === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[power]}`;
}
