/** What is done with a member, asked once in words of consequence. */
import { App, Input } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useRequest, type Request } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import { useGroups } from "~/data/hooks";
import type { Operations } from "~/generated/operations";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { LanguageSelect, NewPassword } from "./new_member";
import type { Member, People } from "./people";
import { TEXTS } from "./texts";
import { seatInput, UnitPicker } from "./unit_picker";

export type MemberAct = "edit" | "move" | "resetPassword" | "signOutEverywhere" | "deactivate" | "reactivate" | "erase";

interface MemberDialogProps {
  readonly act: MemberAct;
  readonly member: Member;
  readonly people: People;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function MemberDialog(props: MemberDialogProps): ReactNode {
  switch (props.act) {
    case "edit":
      return <Edit {...props} />;
    case "move":
      return <Move {...props} />;
    case "resetPassword":
      return <ResetPassword {...props} />;
    case "signOutEverywhere":
      return <SignOut {...props} />;
    case "deactivate":
      return <Deactivate {...props} />;
    case "reactivate":
      return <Plain {...props} operation="ReactivateMember" />;
    case "erase":
      return <Plain {...props} operation="EraseMember" />;
  }
}

type Asked = "EditMember" | "MoveMember" | "ResetMemberPassword" | "SignOutMember" | "DeactivateMember" | "ReactivateMember" | "EraseMember";

function useDone(request: Request, onDone: () => void): <N extends Asked>(operation: N, input: Operations[N]["variables"]["input"], said: string | ((count: number) => string)) => void {
  const { message } = App.useApp();
  const device = useDevice();
  const { send } = request;
  return (operation, input, said) => {
    void send<Asked>(operation, { input } as Operations[Asked]["variables"]).then((answer) => {
      if (answer === null) return;
      void message.success(typeof said === "string" ? said : said("signOutMember" in answer ? answer.signOutMember.count : 0));
      void device.sync().catch(() => undefined); // the list here follows at the next contact anyway
      onDone();
    });
  };
}

function Edit({ member, onDone, onClose }: MemberDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const [name, setName] = useState(member.name);
  const [language, setLanguage] = useState(member.language);
  return (
    <AskDialog title={`${t.edit} ${member.name}`} submit={t.save} ready={name.trim() !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("EditMember", { id: member.id, version: member.version, name: name.trim(), language }, t.saved)}>
      <Labelled label={t.name}>
        <Input autoFocus value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Labelled label={t.language}>
        <LanguageSelect value={language} onChange={setLanguage} />
      </Labelled>
    </AskDialog>
  );
}

function Move({ member, people, onDone, onClose }: MemberDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const now = member.departmentId === null ? `org:${member.organisationId}` : `dept:${member.departmentId}`;
  const [seat, setSeat] = useState(now);
  return (
    <AskDialog title={t.moveTitle(member.name)} consequence={t.moveWhat} submit={t.move} ready={seat !== now} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("MoveMember", { id: member.id, version: member.version, ...seatInput(seat) }, t.moved)}>
      <Labelled label={t.seat}>
        <UnitPicker label={t.seat} people={people} value={seat} onChange={setSeat} />
      </Labelled>
    </AskDialog>
  );
}

function ResetPassword({ member, onDone, onClose }: MemberDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const [password, setPassword] = useState("");
  return (
    <AskDialog title={t.resetTitle(member.name)} consequence={t.resetWhat} submit={t.resetPassword} danger ready={password !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("ResetMemberPassword", { memberId: member.id, initialPassword: password }, t.resetDone)}>
      <NewPassword value={password} onChange={setPassword} />
    </AskDialog>
  );
}

function SignOut({ member, onDone, onClose }: MemberDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  return <AskDialog title={t.signOutTitle(member.name)} consequence={t.signOutWhat} submit={t.signOutEverywhere} danger busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("SignOutMember", { memberId: member.id }, t.signedOut)} />;
}

function Deactivate({ member, onDone, onClose }: MemberDialogProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const owned = useGroups({ collection: "customers", where: [{ field: "ownerId", op: "eq", value: member.id }] }).data?.[0]?.count ?? 0;
  return (
    <AskDialog title={t.deactivateTitle(member.name)} consequence={t.deactivateWhat} submit={t.deactivate} danger busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => send("DeactivateMember", { id: member.id, version: member.version }, t.deactivatedDone)}>
      {owned > 0 && <Link href={ownedPath(member.id)}>{t.reassign(owned)}</Link>}
    </AskDialog>
  );
}

/** The list of what a member owns, to be handed over. */
export function ownedPath(memberId: string): string {
  return `/list/customers?${new URLSearchParams({ where: JSON.stringify([{ field: "ownerId", op: "eq", value: memberId }]) }).toString()}`;
}

function Plain({ member, operation, onDone, onClose }: MemberDialogProps & { readonly operation: "ReactivateMember" | "EraseMember" }): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const send = useDone(request, onDone);
  const erases = operation === "EraseMember";
  return (
    <AskDialog
      title={erases ? t.eraseTitle(member.name) : t.reactivateTitle(member.name)}
      consequence={erases ? t.eraseWhat : t.reactivateWhat}
      submit={erases ? t.erase : t.reactivate}
      danger={erases}
      {...(erases ? { typed: member.name } : {})}
      busy={request.busy}
      error={request.error}
      onClose={onClose}
      onSubmit={() => send(operation, { id: member.id, version: member.version }, erases ? t.erasedDone : t.reactivated)}
    />
  );
}
