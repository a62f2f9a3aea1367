/** Signing out: what is still unsent, and whether the data stays on this device. */
import { Alert, Button, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useSession } from "~/data/session_context";
import { Failure } from "~/ui/failure";
import type { Texts } from "~/values/words";

const TEXTS = {
  title: ["退出登录", "Sign out"],
  text: [
    "退出后，本设备上的数据可以保留（下次登录更快，未上传的修改也在），也可以一并清除。",
    "Your data may stay on this device (the next sign-in is faster, unsent changes are kept), or be cleared.",
  ],
  unsent: (n: number) => [
    `还有 ${n} 项修改没有上传。清除数据会丢失它们；请先联网同步，或选择保留。`,
    `${n} ${n === 1 ? "change has" : "changes have"} not been sent. Clearing loses them: sync first, or keep the data.`,
  ],
  keep: ["退出，保留数据", "Sign out, keep the data"],
  wipe: ["退出并清除本设备数据", "Sign out and clear this device"],
  wipeUnsent: (n: number) => [`确定丢弃 ${n} 项修改并清除？`, `Lose ${n} ${n === 1 ? "change" : "changes"} and clear?`],
  cancel: ["取消", "Cancel"],
} satisfies Texts;

export function SignOut({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const session = useSession();
  const { pending, parked, waiting, uploads, refusedFiles } = useStatus();
  const unsent = pending + parked + waiting + uploads + refusedFiles;
  const [sure, setSure] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  const close = (): void => {
    setSure(false);
    setFailed(null);
    onClose();
  };
  const leave = (wipe: boolean): void => {
    if (wipe && unsent > 0 && !sure) setSure(true);
    else session.leave({ wipe }).catch(setFailed);
  };
  return (
    <Modal
      open={open}
      title={t.title}
      onCancel={close}
      footer={[
        <Button key="cancel" onClick={close}>
          {t.cancel}
        </Button>,
        <Button key="wipe" danger onClick={() => leave(true)}>
          {sure ? t.wipeUnsent(unsent) : t.wipe}
        </Button>,
        <Button key="keep" type="primary" onClick={() => leave(false)}>
          {t.keep}
        </Button>,
      ]}
    >
      <p>{t.text}</p>
      {unsent > 0 && <Alert type="warning" showIcon title={t.unsent(unsent)} />}
      <Failure error={failed} />
    </Modal>
  );
}
