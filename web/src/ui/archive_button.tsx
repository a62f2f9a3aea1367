/** Puts a row into the recycle bin, or takes it out again. */
import { App, Button } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { useRunCommand } from "~/data/run_command";
import type { Row } from "~/device/api";
import type { Texts } from "~/values/words";
import type { Described } from "./described";
import { useFailureWords } from "./failure";

const TEXTS = {
  archive: ["归档", "Archive"],
  restore: ["恢复", "Restore"],
  archived: ["已归档", "Archived"],
  restored: ["已恢复", "Restored"],
  undo: ["撤销", "Undo"],
} satisfies Texts;

/** Whose role does not include it sees nothing. */
export function ArchiveButton({ described, row }: { readonly described: Described; readonly row: Row }): ReactNode {
  const t = useTexts(TEXTS);
  const run = useRunCommand();
  const words = useFailureWords();
  const { message } = App.useApp();
  const isArchived = typeof row["archivedAt"] === "string";
  const restore = described.command("restore");
  const command = isArchived ? restore : described.command("archive");
  if (command === null) return null;
  const fail = (error: unknown): void => {
    const { message: what, remedy } = words(error as Error);
    message.error(`${what} ${remedy}`);
  };
  const go = (): Promise<void> =>
    run(command, { id: row.id }).then(() => {
      const undo = isArchived || restore === null ? null : () => void run(restore, { id: row.id }).catch(fail);
      message.open({ type: "success", content: <Told text={isArchived ? t.restored : t.archived} undo={undo} label={t.undo} /> });
    }, fail);
  return <Button onClick={() => void go()}>{isArchived ? t.restore : t.archive}</Button>;
}

function Told({ text, undo, label }: { readonly text: string; readonly undo: (() => void) | null; readonly label: string }): ReactNode {
  return (
    <>
      {text}
      {undo !== null && (
        <Button type="link" size="small" onClick={undo}>
          {label}
        </Button>
      )}
    </>
  );
}
