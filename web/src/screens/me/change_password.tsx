/** Another password: the current one first, the new one twice. */
import { App, Button, Input } from "antd";
import { useState, type ReactNode } from "react";
import { useRequest } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { Panel } from "~/ui/panel";
import { TEXTS } from "./texts";

export function ChangePassword(): ReactNode {
  const t = useTexts(TEXTS);
  const [open, setOpen] = useState(false);
  return (
    <Panel title={t.password} note={t.passwordNote} actions={<Button onClick={() => setOpen(true)}>{t.changePassword}</Button>}>
      {open && <Form onClose={() => setOpen(false)} />}
    </Panel>
  );
}

function Form({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const request = useRequest();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const submit = async (): Promise<void> => {
    if ((await request.send("ChangePassword", { input: { currentPassword: current, newPassword: next } })) === null) return;
    void message.success(t.changed);
    onClose();
  };
  return (
    <AskDialog title={t.changePassword} consequence={t.passwordNote} submit={t.save} ready={current !== "" && next !== "" && next === again} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.current}>
        <Input.Password autoFocus autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />
      </Labelled>
      <Labelled label={t.newPassword}>
        <Input.Password autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />
      </Labelled>
      <Labelled label={t.repeat} note={again !== "" && again !== next ? t.notSame : undefined}>
        <Input.Password autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}
