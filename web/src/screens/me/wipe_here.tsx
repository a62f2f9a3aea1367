/** Signs out and removes everything of the member from this device; says before what is not sent. */
import { Button } from "antd";
import { useState, type ReactNode } from "react";
import { useDevice, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { useSession } from "~/data/session_context";
import { AskDialog } from "~/ui/ask_dialog";
import { Panel } from "~/ui/panel";
import { TEXTS } from "./texts";

export function WipeHere(): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const session = useSession();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const [state, setState] = useState<{ busy: boolean; error: Error | null }>({ busy: false, error: null });
  const unsent = status.pending;
  const files = status.uploads + status.refusedFiles;
  const lost = [unsent > 0 ? t.wipeUnsent(unsent) : "", files > 0 ? t.wipeUploads(files) : ""].filter(Boolean);
  const attempt = async (what: () => Promise<void>): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      await what();
      setState({ busy: false, error: null });
    } catch (error) {
      setState({ busy: false, error: error as Error });
    }
  };
  return (
    <Panel
      title={t.wipe}
      note={t.wipeNote}
      actions={
        <Button danger onClick={() => setOpen(true)}>
          {t.wipe}
        </Button>
      }
    >
      {open && (
        <AskDialog
          title={t.wipeTitle}
          consequence={lost.length === 0 ? t.wipeClean : lost.join("\n")}
          submit={t.wipe}
          danger
          {...(lost.length === 0 ? {} : { typed: device.me.memberName })}
          busy={state.busy}
          error={state.error}
          onClose={() => setOpen(false)}
          onSubmit={() => void attempt(() => session.leave({ wipe: true }))}
        >
          {lost.length > 0 && (
            <Button loading={state.busy} onClick={() => void attempt(() => device.sync())}>
              {t.syncNow}
            </Button>
          )}
        </AskDialog>
      )}
    </Panel>
  );
}
