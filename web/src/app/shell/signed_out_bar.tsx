/** The sign-in here was ended from elsewhere: what is on the device stays, and how it goes on. */
import { Alert, Button } from "antd";
import { useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useSession } from "~/data/session_context";
import { isSignedOut } from "~/data/troubles";
import { Failure } from "~/ui/failure";
import type { Texts } from "~/values/words";

const TEXTS = {
  unsent: (count: number) => [`本机还有 ${count} 项修改未上传，登录后自动继续。`, `${count} ${count === 1 ? "change" : "changes"} on this device will be sent after that.`],
  again: ["重新登录", "Sign in again"],
} satisfies Texts;

export function SignedOutBar(): ReactNode {
  const t = useTexts(TEXTS);
  const session = useSession();
  const { trouble, pending, parked, waiting, uploads, refusedFiles } = useStatus();
  const [failed, setFailed] = useState<Error | null>(null);
  if (trouble === null || !isSignedOut(trouble.code)) return null;
  const unsent = pending + parked + waiting + uploads + refusedFiles;
  const again = (
    <Button size="small" type="primary" onClick={() => void session.leave({ wipe: false }).catch(setFailed)}>
      {t.again}
    </Button>
  );
  return (
    <>
      <Alert banner type="error" role="alert" action={again} title={[trouble.message, trouble.remedy, unsent > 0 ? t.unsent(unsent) : ""].filter(Boolean).join(" ")} />
      <Failure error={failed} />
    </>
  );
}
