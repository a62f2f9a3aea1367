/** What the inviter is told once an invitation is under way; where no message reaches people they hand its link over. */
import { App, Typography } from "antd";
import type { ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { instantWords } from "~/ui/instants";
import { TEXTS } from "./texts";

interface Sent {
  readonly sentTo: string;
  readonly expiresAt: string;
  /** Only where no gateway takes messages to people, and only in this answer. */
  readonly link: string | null;
}

export function useInvitationSent(): (name: string, sent: Sent) => void {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message, modal } = App.useApp();
  return (name, { sentTo, expiresAt, link }) => {
    const until = instantWords(expiresAt, language);
    if (link === null) void message.success(t.inviteSent(sentTo, until), 8);
    else void modal.success({ title: t.inviteByHand(name), content: <HandOver link={link} note={t.inviteByHandNote(until)} />, width: 560 });
  };
}

/** A link that its reader passes on: it is shown this once. */
function HandOver({ link, note }: { readonly link: string; readonly note: string }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <>
      <p>{note}</p>
      <Typography.Text code copyable={{ text: link, tooltips: [t.copyLink, t.copied] }} style={{ wordBreak: "break-all" }}>
        {link}
      </Typography.Text>
    </>
  );
}
