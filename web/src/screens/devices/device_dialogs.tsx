/** What is done with a device, asked once in words of consequence. */
import { App, Input, Radio } from "antd";
import { useState, type ReactNode } from "react";
import { useRequest, type Request } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import type { Act, RegisteredDevice } from "./device";
import styles from "./devices.module.css";
import { TEXTS } from "./texts";

interface DeviceDialogProps {
  readonly act: Act;
  readonly device: RegisteredDevice;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function DeviceDialog(props: DeviceDialogProps): ReactNode {
  if (props.act === "rename") return <Rename {...props} />;
  if (props.act === "revoke") return <Revoke {...props} />;
  if (props.act === "wipe") return <Wipe {...props} />;
  return <CancelWipe {...props} />;
}

type Asked = "RenameDevice" | "RevokeDevice" | "WipeDevice" | "CancelWipe";

/** Sends, says that it is done and closes; refused it stays open. */
function useDone(request: Request, onDone: () => void): <N extends Asked>(operation: N, input: Operations[N]["variables"]["input"], said: string) => void {
  const { message } = App.useApp();
  const { send } = request;
  return (operation, input, said) => {
    void send<Asked>(operation, { input } as Operations[Asked]["variables"]).then((answer) => {
      if (answer === null) return;
      void message.success(said);
      onDone();
    });
  };
}

function Rename({ device, onDone, onClose }: DeviceDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const [name, setName] = useState(device.name);
  return (
    <AskDialog title={t.rename} submit={t.save} busy={request.busy} error={request.error} ready={name.trim() !== ""} onClose={onClose} onSubmit={() => send("RenameDevice", { id: device.id, name: name.trim() }, t.renamed)}>
      <Labelled label={t.newName}>
        <Input autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}

function Revoke({ device, onDone, onClose }: DeviceDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const unsent = device.queued > 0 ? t.revokeUnsent(device.queued) : t.revokeNoUnsent;
  return (
    <AskDialog
      title={t.revokeTitle(device.name)}
      consequence={`${t.revokeWhat}\n\n${unsent}`}
      submit={t.revoke}
      danger
      busy={request.busy}
      error={request.error}
      onClose={onClose}
      onSubmit={() => send("RevokeDevice", { id: device.id }, t.revoked)}
    />
  );
}

function Wipe({ device, onDone, onClose }: DeviceDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const me = useDevice().me.memberId;
  const stricter = device.wipeState !== "NONE";
  const [afterPush, setAfterPush] = useState(!stricter && device.revokedAt === null);
  const [reason, setReason] = useState(device.wipeReason ?? "");
  const own = device.memberId === me;
  return (
    <AskDialog
      title={t.wipeTitle(device.name)}
      consequence={stricter ? t.wipeStricter : undefined}
      submit={t.wipe}
      danger
      typed={device.name}
      ready={reason.trim() !== ""}
      busy={request.busy}
      error={request.error}
      onClose={onClose}
      onSubmit={() => send("WipeDevice", { id: device.id, afterPush, reason: reason.trim() }, t.wipeAsked)}
    >
      <Radio.Group className={styles["choices"] ?? ""} value={afterPush} onChange={(event) => setAfterPush(event.target.value === true)}>
        <Radio value={true} disabled={stricter || device.revokedAt !== null}>
          {t.wipeAfterPush}
          <small>{t.wipeAfterPushWhat}</small>
        </Radio>
        <Radio value={false}>
          {t.wipeNow}
          <small>
            {t.wipeNowWhat}
            {device.queued > 0 && ` ${t.queue}: ${t.queued(device.queued, "")}`}
          </small>
        </Radio>
      </Radio.Group>
      <Labelled label={t.reason}>
        <Input maxLength={200} value={reason} placeholder={own ? undefined : t.reasonExample} onChange={(event) => setReason(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}

function CancelWipe({ device, onDone, onClose }: DeviceDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  return (
    <AskDialog title={t.cancelTitle(device.name)} consequence={t.cancelWhat} submit={t.cancelWipe} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("CancelWipe", { id: device.id }, t.cancelled)} />
  );
}
