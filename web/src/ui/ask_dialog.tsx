/** A dialog that asks once, in words of consequence, and keeps what was typed when the answer is no. */
import { Button, Input, Modal } from "antd";
import { useEffect, useId, useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import styles from "./ask_dialog.module.css";
import { Failure } from "./failure";

const TEXTS = {
  cancel: ["取消", "Cancel"],
  typeIt: (what: string) => [`为避免误操作，请输入“${what}”`, `To be sure, type “${what}”`],
} satisfies Texts;

interface AskDialogProps {
  readonly title: string;
  /** What happens, and what is lost. */
  readonly consequence?: ReactNode;
  readonly submit: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  /** Whether what was filled in may be sent; left out: always. */
  readonly ready?: boolean;
  /** Has to be typed first. */
  readonly typed?: string;
  readonly wide?: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/** Shown as long as it is mounted. */
export function AskDialog(props: AskDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const [typed, setTyped] = useState("");
  const formId = useId();
  const ready = (props.ready ?? true) && (props.typed === undefined || typed.trim() === props.typed.trim());
  useEffect(() => setTyped(""), [props.typed]);
  return (
    <Modal
      open
      title={props.title}
      onCancel={props.onClose}
      width={props.wide === true ? 720 : 480}
      mask={{ closable: false }}
      footer={
        <>
          <Button onClick={props.onClose}>{t.cancel}</Button>
          <Button type="primary" danger={props.danger ?? false} loading={props.busy} disabled={!ready} htmlType="submit" form={formId}>
            {props.submit}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !props.busy) props.onSubmit();
        }}
      >
        {props.consequence !== undefined && <div className={styles["consequence"]}>{props.consequence}</div>}
        {props.children}
        {props.typed !== undefined && (
          <Labelled label={t.typeIt(props.typed)}>
            <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          </Labelled>
        )}
        <Failure error={props.error} />
      </form>
    </Modal>
  );
}

/** A control under its words. */
export function Labelled({ label, note, children }: { readonly label: string; readonly note?: ReactNode; readonly children: ReactNode }): ReactNode {
  return (
    <label className={styles["labelled"]}>
      <span>{label}</span>
      {children}
      {note !== undefined && <small>{note}</small>}
    </label>
  );
}
