/** One's live sign-ins: this one marked, others ended. */
import { App, Button, Tag } from "antd";
import { useState, type ReactNode } from "react";
import { useAnswer, useRequest } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { Answered } from "~/ui/answered";
import { AskDialog } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import { instantWords, sinceWords } from "~/ui/instants";
import { Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import { TEXTS } from "./texts";

export function Sessions(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message } = App.useApp();
  const answer = useAnswer("Sessions", {});
  const request = useRequest();
  const [asked, setAsked] = useState(false);
  const end = async (input: { readonly id: string } | { readonly allOthers: true }): Promise<void> => {
    const done = await request.send("RevokeSession", { input });
    if (done === null) return;
    setAsked(false);
    void message.success(t.ended(done.revokeSession.count));
    void answer.reload();
  };
  const others = (answer.data?.sessions ?? []).some((session) => !session.current);
  return (
    <Panel title={t.sessions} note={t.sessionsNote} actions={others && <Button onClick={() => setAsked(true)}>{t.endOthers}</Button>}>
      <Failure error={asked ? null : request.error} />
      <Answered answer={answer}>
        {({ sessions }) => (
          <Records
            label={t.sessions}
            rows={sessions}
            keyOf={(session) => session.id}
            empty={null}
            columns={[
              {
                key: "device",
                title: t.deviceName,
                render: (session) => (
                  <>
                    {session.deviceName ?? t.unnamed} {session.current && <Tag color="success">{t.thisOne}</Tag>}
                  </>
                ),
              },
              { key: "company", title: t.company, render: (session) => session.tenantName },
              { key: "address", title: t.address, wideOnly: true, render: (session) => session.address },
              { key: "since", title: t.since, render: (session) => instantWords(session.createdAt, language) },
              { key: "seen", title: t.lastSeen, render: (session) => sinceWords(session.lastSeenAt, language) },
            ]}
            actions={(session) =>
              !session.current && (
                <Button size="small" danger type="text" disabled={request.busy} onClick={() => void end({ id: session.id })}>
                  {t.end}
                </Button>
              )
            }
          />
        )}
      </Answered>
      {asked && <AskDialog title={t.endOthersTitle} consequence={t.endOthersWhat} submit={t.endOthers} danger busy={request.busy} error={request.error} onClose={() => setAsked(false)} onSubmit={() => void end({ allOthers: true })} />}
    </Panel>
  );
}
