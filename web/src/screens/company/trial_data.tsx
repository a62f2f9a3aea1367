/** During the trial: the demo away, or everything that was tried. */
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useRequest } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import { AskDialog } from "~/ui/ask_dialog";
import { Panel } from "~/ui/panel";
import { TEXTS } from "./texts";

export function TrialData({ onCleared }: { readonly onCleared: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const { message } = App.useApp();
  const request = useRequest();
  const [asked, setAsked] = useState<"demo" | "trial" | null>(null);
  const clear = async (): Promise<void> => {
    const answer = asked === "demo" ? await request.send("ClearDemoData", {}) : await request.send("ClearTrialData", { input: { companyName: device.me.tenantName } });
    if (answer === null) return;
    setAsked(null);
    void message.success(t.cleared);
    void device.sync().catch(() => undefined); // the rows leave at the next contact anyway
    onCleared();
  };
  const close = (): void => {
    request.clear();
    setAsked(null);
  };
  return (
    <Panel
      title={t.trialData}
      note={t.trialDataNote}
      actions={
        <>
          <Button onClick={() => setAsked("demo")}>{t.clearDemo}</Button>
          <Button danger onClick={() => setAsked("trial")}>
            {t.clearTrial}
          </Button>
        </>
      }
    >
      <Link href="/settings/export">{t.export}</Link>
      {asked !== null && (
        <AskDialog
          title={asked === "demo" ? t.clearDemo : t.clearTrial}
          consequence={asked === "demo" ? t.clearDemoWhat : t.clearTrialWhat}
          submit={asked === "demo" ? t.clearDemo : t.clearTrial}
          danger
          {...(asked === "trial" ? { typed: device.me.tenantName } : {})}
          busy={request.busy}
          error={request.error}
          onClose={close}
          onSubmit={() => void clear()}
        />
      )}
    </Panel>
  );
}
