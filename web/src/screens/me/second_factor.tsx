/** The second factor: on with a code scanned and confirmed, recovery codes shown once; off with proof. */
import { App, Button, Input, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useRequest } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { Panel } from "~/ui/panel";
import styles from "./me.module.css";
import { QrCode } from "./qr_code";
import type { Me } from "./screen";
import { TEXTS } from "./texts";

const FEW = 3;

export function SecondFactor({ me, onChanged }: { readonly me: Me; readonly onChanged: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const [open, setOpen] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const close = (): void => setOpen(false);
  const unverified = !me.totpEnabled && me.member.phone === null && me.member.email !== null && !me.emailVerified;
  const note = me.totpEnabled ? t.totpOn(me.recoveryCodesLeft) : t.totpOff;
  return (
    <Panel title={t.totp} note={note} actions={<Button disabled={unverified} onClick={() => setOpen(true)}>{me.totpEnabled ? t.totpDisable : t.totpEnable}</Button>}>
      {unverified && <p className={styles["warn"]}>{t.totpVerifyFirst}</p>}
      {me.totpEnabled && me.recoveryCodesLeft <= FEW && <p className={styles["warn"]}>{t.totpFew}</p>}
      {open && me.totpEnabled && <Disable onClose={close} onDone={onChanged} />}
      {open && !me.totpEnabled && <Enrol onClose={close} onCodes={setCodes} />}
      {codes !== null && (
        <Codes
          codes={codes}
          onClose={() => {
            setCodes(null);
            onChanged();
          }}
        />
      )}
    </Panel>
  );
}

function Enrol({ onClose, onCodes }: { readonly onClose: () => void; readonly onCodes: (codes: readonly string[]) => void }): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const [password, setPassword] = useState("");
  const [begun, setBegun] = useState<{ readonly secret: string; readonly uri: string } | null>(null);
  const [code, setCode] = useState("");
  const begin = async (): Promise<void> => {
    const answer = await request.send("EnrollTotp", { input: { password } });
    if (answer !== null) setBegun(answer.enrollTotp);
  };
  const confirm = async (): Promise<void> => {
    const answer = await request.send("ConfirmTotp", { input: { code: code.replace(/\s/g, "") } });
    if (answer === null) return;
    onCodes(answer.confirmTotp.codes);
    onClose();
  };
  if (begun === null) {
    return (
      <AskDialog title={t.totp} submit={t.next} ready={password !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void begin()}>
        <Labelled label={t.totpPassword}>
          <Input.Password autoFocus autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
        </Labelled>
      </AskDialog>
    );
  }
  return (
    <AskDialog title={t.totp} submit={t.confirm} ready={/^\s*\d(\s*\d){5}\s*$/.test(code)} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void confirm()}>
      <div>
        {t.scan}
        <QrCode text={begun.uri} label={t.qr} />
        {t.orType} <code className={styles["code"]}>{begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
      </div>
      <Labelled label={t.code}>
        <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={12} value={code} onChange={(event) => setCode(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}

/** Closed by saying that they are stored, and by nothing else: they do not come again. */
function Codes({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const text = codes.join("\n");
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    void message.success(t.copied);
  };
  const download = (): void => {
    const address = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain;charset=utf-8" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: "yunfan-recovery-codes.txt" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return (
    <Modal open closable={false} keyboard={false} mask={{ closable: false }} title={t.recovery} footer={<Button type="primary" onClick={onClose}>{t.stored}</Button>}>
      <p>{t.recoveryNote}</p>
      <ul className={styles["codes"]}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className={styles["line"]}>
        <Button onClick={() => void copy()}>{t.copy}</Button>
        <Button onClick={download}>{t.download}</Button>
      </div>
    </Modal>
  );
}

function Disable({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const request = useRequest();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const submit = async (): Promise<void> => {
    const digits = code.replace(/\s/g, "");
    const proof = /^\d{6}$/.test(digits) ? { code: digits } : { recoveryCode: code.trim() };
    if ((await request.send("DisableTotp", { input: { password, ...proof } })) === null) return;
    void message.success(t.off);
    onClose();
    onDone();
  };
  return (
    <AskDialog title={t.totpDisable} consequence={t.disableWhat} submit={t.totpDisable} danger ready={password !== "" && code.trim() !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.totpPassword}>
        <Input.Password autoFocus autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
      </Labelled>
      <Labelled label={t.totpOrRecovery}>
        <Input autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}
