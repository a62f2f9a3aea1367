/** Somebody new: invited by phone or e-mail, or with an account that the company makes. */
import { App, Button, Input, Select } from "antd";
import { useState, type ReactNode } from "react";
import { useRequest } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { tabMovesOn } from "~/ui/tab_moves_on";
import { useInvitationSent } from "./invitation_sent";
import type { People } from "./people";
import { SCOPES, usualReach } from "./reach_words";
import { TEXTS } from "./texts";
import { seatInput, UnitPicker, type SeatKey } from "./unit_picker";

interface NewMemberProps {
  readonly kind: "invite" | "create";
  readonly people: People;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function NewMember({ kind, people, onClose, onDone }: NewMemberProps): ReactNode {
  const t = useTexts(TEXTS);
  const { modal } = App.useApp();
  const tell = useInvitationSent();
  const { me } = useDevice();
  const request = useRequest();
  const [name, setName] = useState("");
  const [identifier, setIdentifier] = useState("");
  const [password, setPassword] = useState("");
  const [roleIds, setRoleIds] = useState<readonly string[]>([]);
  const [picked, setScope] = useState<string | null>(null);
  const scope = picked ?? usualReach(people.roles.filter(({ id }) => roleIds.includes(id)).map(({ key }) => key));
  const [speaks, setSpeaks] = useState<string>(me.language);
  const home = people.members?.find((member) => member.id === me.memberId);
  const [seat, setSeat] = useState<SeatKey | null>(null);
  const chosenSeat = seat ?? (home === undefined ? null : home.departmentId === null ? `org:${home.organisationId}` : `dept:${home.departmentId}`);
  const ready = name.trim() !== "" && identifier.trim() !== "" && roleIds.length > 0 && (kind === "invite" || password !== "");
  const given = { name: name.trim(), roleIds, scope, language: speaks, ...(chosenSeat === null ? {} : seatInput(chosenSeat)) };
  const invite = async (): Promise<void> => {
    const to = identifier.includes("@") ? { email: identifier.trim() } : { phone: identifier.trim() };
    const answer = await request.send("InviteMember", { input: { ...given, ...to } });
    if (answer === null) return;
    tell(given.name, answer.inviteMember);
    onDone();
  };
  const create = async (): Promise<void> => {
    const answer = await request.send("CreateMember", { input: { ...given, account: identifier.trim(), initialPassword: password } });
    if (answer === null) return;
    void modal.success({ title: given.name, content: t.created(answer.createMember.member.account ?? "", answer.createMember.orgCode) });
    onDone();
  };
  return (
    <AskDialog
      title={kind === "invite" ? t.invite : t.create}
      submit={kind === "invite" ? t.send : t.save}
      ready={ready}
      busy={request.busy}
      error={request.error}
      onClose={onClose}
      onSubmit={() => void (kind === "invite" ? invite() : create())}
    >
      <Labelled label={t.name}>
        <Input autoFocus value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Labelled label={kind === "invite" ? t.phoneOrEmail : t.account} note={kind === "invite" ? t.phoneOrEmailNote : t.accountNote}>
        <Input value={identifier} autoComplete="off" onChange={(event) => setIdentifier(event.target.value)} />
      </Labelled>
      {kind === "create" && <NewPassword value={password} onChange={setPassword} />}
      <Labelled label={t.seat}>
        <UnitPicker label={t.seat} people={people} value={chosenSeat} onChange={setSeat} />
      </Labelled>
      <Labelled label={t.inviteRoles}>
        <Select mode="multiple" onInputKeyDown={tabMovesOn} aria-label={t.roles} value={[...roleIds]} onChange={setRoleIds} options={people.roles.map((role) => ({ value: role.id, label: role.name }))} showSearch={{ optionFilterProp: "label" }} />
      </Labelled>
      <Labelled label={t.scope}>
        <Select
          aria-label={t.scope}
          value={scope}
          onChange={setScope}
          options={SCOPES.map((one) => ({ value: one as string, label: t[one] }))}
        />
      </Labelled>
      <Labelled label={t.language}>
        <LanguageSelect value={speaks} onChange={setSpeaks} />
      </Labelled>
    </AskDialog>
  );
}

export function LanguageSelect({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <Select
      aria-label={t.language}
      value={value}
      onChange={onChange}
      options={[
        { value: "zh-CN", label: t.zh },
        { value: "en", label: t.en },
      ]}
    />
  );
}

/** Letters and digits that nobody mistakes on the phone. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";

function generated(length = 14): string {
  const most = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < most && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return `${text.slice(0, 4)}-${text.slice(4, 9)}-${text.slice(9)}`;
}

export function NewPassword({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <Labelled label={t.initialPassword} note={t.initialPasswordNote}>
      <Input
        value={value}
        autoComplete="new-password"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        suffix={
          <Button size="small" type="link" onClick={() => onChange(generated())}>
            {t.generate}
          </Button>
        }
      />
    </Labelled>
  );
}
