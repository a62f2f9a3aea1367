/** Who was invited and has not joined yet: until when the link is good, sent once more or withdrawn. */
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import { useRequest, type Answer } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { AskDialog } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import { instantWords } from "~/ui/instants";
import { Records, type Column } from "~/ui/records";
import styles from "./members.module.css";
import { useInvitationSent } from "./invitation_sent";
import type { People } from "./people";
import { TEXTS } from "./texts";

export type OpenInvitations = Answer<Operations["OpenInvitations"]["result"]>;
type Invitation = Operations["OpenInvitations"]["result"]["openInvitations"][number];

export function Invitations({ invitations, people, find }: { readonly invitations: OpenInvitations; readonly people: People; readonly find: string }): ReactNode {
  const t = useTexts(TEXTS);
  const columns = useColumns(people);
  const resending = useRequest();
  const tell = useInvitationSent();
  const [withdrawn, setWithdrawn] = useState<Invitation | null>(null);
  const resend = async (invitation: Invitation): Promise<void> => {
    const answer = await resending.send("ResendInvitation", { input: { id: invitation.id } });
    if (answer !== null) tell(invitation.name, answer.resendInvitation);
    await invitations.reload(); // also when it was refused: perhaps somebody else did something with it
  };
  const actions = (invitation: Invitation): ReactNode => (
    <>
      <Button size="small" type="text" disabled={resending.busy} aria-label={t.resendTo(invitation.name)} onClick={() => void resend(invitation)}>
        {t.resend}
      </Button>
      <Button size="small" type="text" danger aria-label={t.withdrawOf(invitation.name)} onClick={() => setWithdrawn(invitation)}>
        {t.withdraw}
      </Button>
    </>
  );
  return (
    <>
      <Failure error={resending.error} />
      <Answered answer={invitations}>
        {({ openInvitations }) => (
          <Records label={t.pending} rows={openInvitations.filter((one) => matches(one, find))} columns={columns} keyOf={({ id }) => id} empty={t.noInvitations} actions={actions} />
        )}
      </Answered>
      {withdrawn !== null && (
        <Withdraw
          invitation={withdrawn}
          onClose={() => {
            setWithdrawn(null);
            void invitations.reload();
          }}
        />
      )}
    </>
  );
}

function matches(invitation: Invitation, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [invitation.name, invitation.sentTo].some((value) => value.toLowerCase().includes(wanted));
}

function Withdraw({ invitation, onClose }: { readonly invitation: Invitation; readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const request = useRequest();
  const withdraw = async (): Promise<void> => {
    if ((await request.send("WithdrawInvitation", { input: { id: invitation.id } })) === null) return;
    void message.success(t.withdrawn);
    onClose();
  };
  return <AskDialog title={t.withdrawTitle(invitation.name)} consequence={t.withdrawWhat} submit={t.withdraw} danger busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void withdraw()} />;
}

function useColumns(people: People): readonly Column<Invitation>[] {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const roles = (ids: readonly string[]): string => ids.map((id) => people.roles.find((role) => role.id === id)?.name ?? "").filter(Boolean).join(t.listed);
  const inviter = (id: string | null): string => people.members?.find((member) => member.id === id)?.name ?? "";
  // Whoever was given no seat sits in the head office.
  const office = people.organisations.find(({ parentId }) => parentId === null)?.id ?? "";
  return [
    {
      key: "name",
      title: t.name,
      render: (one) => (
        <>
          {one.name}
          <small className={styles["small"]}>{one.sentTo}</small>
        </>
      ),
    },
    { key: "seat", title: t.seat, render: (one) => people.seatOf({ organisationId: one.organisationId ?? office, departmentId: one.departmentId }) },
    { key: "roles", title: t.roles, render: (one) => roles(one.roleIds) },
    {
      key: "sent",
      title: t.sentAt,
      render: (one) => (
        <>
          {instantWords(one.sentAt, language)}
          {inviter(one.inviterId) !== "" && <small className={styles["small"]}>{t.invitedBy(inviter(one.inviterId))}</small>}
        </>
      ),
    },
    {
      key: "until",
      title: t.goodUntil,
      render: (one) => (Date.parse(one.expiresAt) > Date.now() ? instantWords(one.expiresAt, language) : <span className={styles["over"]}>{t.expired(instantWords(one.expiresAt, language))}</span>),
    },
  ];
}
