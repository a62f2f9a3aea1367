/** What can be done with the selected rows at once. */
import { CloseOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { covers } from "~/data/access_context";
import { useDevice, useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import { useCompact } from "~/ui/compact";
import type { Described } from "~/ui/described";
import { useFailureWords } from "~/ui/failure";
import { ReferencePicker } from "~/ui/reference_picker";
import { runOnAll } from "~/data/run_command";
import type { Command } from "~/values/description";
import type { JsonObject } from "~/values/json";
import type { Texts } from "~/values/words";
import { BulkEdit } from "./bulk_edit";
import styles from "./list.module.css";

const TEXTS = {
  selected: (count: number) => [`已选 ${count} 条`, count === 1 ? "1 selected" : `${count} selected`],
  none: ["取消选择", "Select none"],
  archive: ["归档", "Archive"],
  restore: ["恢复", "Restore"],
  edit: ["修改字段", "Edit a field"],
  assign: ["转给他人", "Hand over"],
  export: ["导出所选", "Export"],
  more: ["更多", "More"],
  archived: (count: number) => [`已归档 ${count} 条，30 天内可在回收站恢复`, `${count} archived; they can be restored for 30 days`],
  restored: (count: number) => [`已恢复 ${count} 条`, `${count} restored`],
  changed: (count: number) => [`已修改 ${count} 条`, `${count} changed`],
  assigned: (count: number) => [`已转交 ${count} 条`, `${count} handed over`],
  assignTo: ["转给谁", "Hand over to"],
  assignHint: ["客户连同联系人一起转交，需要联网完成。", "Customers go with their contacts. This needs a network."],
  refused: (count: number, why: string) => [`${count} 条没有转交：${why}`, `${count} were not handed over: ${why}`],
  askArchive: (count: number) => [`归档选中的 ${count} 条？`, `Archive the ${count} that are selected?`],
  askArchiveHint: ["归档后不再出现在列表里，30 天内可以恢复。", "They leave the lists and can be restored for 30 days."],
} satisfies Texts;

interface BulkBarProps {
  readonly described: Described;
  readonly ids: ReadonlySet<string>;
  readonly archived: boolean;
  onClear(): void;
  onExport(ids: readonly string[]): void;
}

export function BulkBar({ described, ids, archived, onClear, onExport }: BulkBarProps): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const { message, modal } = App.useApp();
  const failureWords = useFailureWords();
  const [open, setOpen] = useState<"edit" | "assign" | null>(null);
  const [busy, setBusy] = useState(false);
  const edit = described.command("edit");
  const change = described.command(archived ? "restore" : "archive");
  const mayAssign = described.entity.collection === "customers" && covers(device.me.permissions, "party.customer.assign") && !archived;
  const run = async (command: Command, argsOf: (row: Row) => JsonObject | null, told: (count: number) => string): Promise<void> => {
    setBusy(true);
    try {
      const count = await runOnAll(device, described.entity.collection, command, [...ids], argsOf);
      message.success(told(count));
      onClear();
    } catch (error) {
      const words = failureWords(error as Error);
      message.error(`${words.message} ${words.remedy}`);
    } finally {
      setBusy(false);
    }
  };
  const archive = (command: Command): void => {
    const go = (): Promise<void> => run(command, (row) => ({ id: row.id }), archived ? t.restored : t.archived);
    if (archived) void go();
    else modal.confirm({ title: t.askArchive(ids.size), content: t.askArchiveHint, okText: t.archive, onOk: go });
  };
  const inLine = useCompact() ? 2 : 3;
  const actions = [
    ...(change === null ? [] : [{ key: "archive", label: archived ? t.restore : t.archive, onClick: () => archive(change) }]),
    ...(edit === null || archived ? [] : [{ key: "edit", label: t.edit, onClick: () => setOpen("edit") }]),
    ...(mayAssign ? [{ key: "assign", label: t.assign, onClick: () => setOpen("assign") }] : []),
    { key: "export", label: t.export, onClick: () => onExport([...ids]) },
  ];
  return (
    <div role="toolbar" aria-label={t.selected(ids.size)} className={styles["bulk"]}>
      <strong aria-live="polite">{t.selected(ids.size)}</strong>
      {actions.slice(0, inLine).map((action) => (
        <Button key={action.key} size="small" loading={busy} onClick={action.onClick}>
          {action.label}
        </Button>
      ))}
      {actions.length > inLine && (
        <Dropdown menu={{ items: actions.slice(inLine) }} trigger={["click"]}>
          <Button size="small">{t.more}</Button>
        </Dropdown>
      )}
      <Button size="small" type="text" icon={<CloseOutlined />} aria-label={t.none} title={t.none} onClick={onClear} />
      {open === "edit" && edit !== null && <BulkEdit described={described} command={edit} count={ids.size} onCancel={() => setOpen(null)} onApply={(argsOf) => (setOpen(null), void run(edit, argsOf, t.changed))} />}
      {open === "assign" && <Assign ids={[...ids]} onClose={() => setOpen(null)} onDone={onClear} />}
    </div>
  );
}

interface AssignAnswer {
  readonly assignCustomers: { readonly rows: readonly { readonly applied: boolean; readonly message: string | null }[] };
}

/** The server's own limit of one bulk command. */
const ASSIGNED_AT_ONCE = 1_000;

function Assign({ ids, onClose, onDone }: { readonly ids: readonly string[]; onClose(): void; onDone(): void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const { message } = App.useApp();
  const failureWords = useFailureWords();
  const [owner, setOwner] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const assign = async (): Promise<void> => {
    setBusy(true);
    try {
      let done = 0;
      for (let from = 0; from < ids.length; from += ASSIGNED_AT_ONCE) {
        const answer = await device.ask<AssignAnswer>("AssignCustomers", { input: { ids: ids.slice(from, from + ASSIGNED_AT_ONCE), ownerId: owner } });
        const refused = answer.assignCustomers.rows.filter((row) => !row.applied);
        done += answer.assignCustomers.rows.length - refused.length;
        if (refused.length > 0) message.warning(t.refused(refused.length, refused[0]?.message ?? ""));
      }
      await device.sync();
      if (done > 0) message.success(t.assigned(done));
      onClose();
      onDone();
    } catch (error) {
      const words = failureWords(error as Error);
      message.error(`${words.message} ${words.remedy}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal open title={t.assignTo} okText={t.assign} okButtonProps={{ disabled: owner === null, loading: busy }} onOk={() => void assign()} onCancel={onClose}>
      <ReferencePicker collection="members" value={owner} where={[{ field: "deactivatedAt", op: "empty" }]} label={t.assignTo} onChange={setOwner} autoFocus />
      <p className={styles["hint"]}>{t.assignHint}</p>
    </Modal>
  );
}
