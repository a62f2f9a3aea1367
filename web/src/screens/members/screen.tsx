/** The company's members: found, invited, moved, given roles, switched off and on. */
import { MoreOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Dropdown, Input, Modal, Segmented } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useMay } from "~/data/access_context";
import { useAnswer } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useClearing } from "~/ui/clearing";
import { Failure } from "~/ui/failure";
import { instantWords, sinceWords } from "~/ui/instants";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { Records, type Column } from "~/ui/records";
import { Assignments } from "./assignments";
import { Invitations } from "./invitations";
import { MemberDialog, ownedPath, type MemberAct } from "./member_dialogs";
import styles from "./members.module.css";
import { NewMember } from "./new_member";
import { usePeople, type Member, type People } from "./people";
import { usePresence, type Presence } from "./presence";
import { RecentActions } from "./recent_actions";
import { TEXTS } from "./texts";

export default function MembersScreen(): ReactNode {
  const clearing = useClearing();
  const t = useTexts(TEXTS);
  const may = useMay();
  const people = usePeople();
  const presence = usePresence(may("tenants.device.view"));
  const [adding, setAdding] = useState<"invite" | "create" | null>(null);
  const [text, setText] = useState("");
  const [which, setWhich] = useState<"active" | "inactive" | "open">("active");
  const invites = may("tenants.member.invite");
  const invitations = useAnswer(invites ? "OpenInvitations" : null, {});
  const found = useMemo(() => (people.members ?? []).filter((member) => matches(member, text)), [people.members, text]);
  const active = found.filter((member) => member.deactivatedAt === null);
  const inactive = found.filter((member) => member.deactivatedAt !== null);
  const added = (): void => {
    setAdding(null);
    void invitations.reload();
  };
  const actions = (
    <>
      {may("tenants.member.manage") && <Button onClick={() => setAdding("create")}>{t.create}</Button>}
      {invites && (
        <Button type="primary" onClick={() => setAdding("invite")}>
          {t.invite}
        </Button>
      )}
    </>
  );
  return (
    <Page title={t.title} help="members" actions={actions}>
      <Failure error={people.error ?? presence.error} />
      <Panel quiet title={t.title} note={t.intro}>
        <div className={styles["bar"]}>
          <Input type="search" prefix={<SearchOutlined aria-hidden />} allowClear={clearing} placeholder={t.find} aria-label={t.find} value={text} onChange={(event) => setText(event.target.value)} />
          <Segmented<"active" | "inactive" | "open">
            value={which}
            onChange={setWhich}
            options={[
              { value: "active", label: t.active(active.length) },
              { value: "inactive", label: t.inactive(inactive.length) },
              ...(invites ? [{ value: "open" as const, label: t.open(invitations.data?.openInvitations.length ?? null) }] : []),
            ]}
          />
        </div>
        {which === "open" ? (
          <Invitations invitations={invitations} people={people} find={text} />
        ) : (
          <MemberList members={which === "active" ? active : inactive} people={people} presence={presence} />
        )}
      </Panel>
      {adding !== null && <NewMember kind={adding} people={people} onClose={() => setAdding(null)} onDone={added} />}
    </Page>
  );
}

function matches(member: Member, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === "" || [member.name, member.account, member.phone, member.email].some((value) => value?.toLowerCase().includes(wanted) === true);
}

interface MemberListProps {
  readonly members: readonly Member[];
  readonly people: People;
  readonly presence: Presence;
}

type Opened = { readonly kind: "assign" | "actions"; readonly member: Member };

function MemberList({ members, people, presence }: MemberListProps): ReactNode {
  const t = useTexts(TEXTS);
  const columns = useColumns(people, presence);
  const offered = useOffered();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<{ readonly act: MemberAct; readonly member: Member } | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const act = (key: string, member: Member): void => {
    if (key === "assign" || key === "actions") setOpened({ kind: key, member });
    else if (key === "devices") navigate(`/settings/devices?member=${member.id}`);
    else if (key === "reassign") navigate(ownedPath(member.id));
    else setAsked({ act: key as MemberAct, member });
  };
  const menu = (member: Member): ReactNode => {
    const items = offered(member).map((key) => ({ key, label: t[key], danger: key === "deactivate" || key === "erase" }));
    if (items.length === 0) return null;
    return (
      <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => act(key, member) }}>
        <Button size="small" type="text" icon={<MoreOutlined />} aria-label={`${member.name}: ${t.edit}…`} />
      </Dropdown>
    );
  };
  return (
    <>
      <Records label={t.title} rows={members} columns={columns} keyOf={(member) => member.id} empty={t.empty} actions={menu} />
      {asked !== null && <MemberDialog {...asked} people={people} onClose={() => setAsked(null)} onDone={() => setAsked(null)} />}
      {opened !== null && (
        <Modal open title={opened.kind === "assign" ? t.assignTitle(opened.member.name) : `${opened.member.name} · ${t.actions}`} width={760} footer={null} onCancel={() => setOpened(null)}>
          {opened.kind === "assign" ? <Assignments member={opened.member} people={people} onChanged={presence.reload} /> : <RecentActions memberId={opened.member.id} />}
        </Modal>
      )}
    </>
  );
}

type Offered = MemberAct | "assign" | "actions" | "devices";

/** What may be done with a member, by one's rights and their state. */
function useOffered(): (member: Member) => readonly Offered[] {
  const may = useMay();
  const me = useDevice().me.memberId;
  return (member) => {
    const found: Offered[] = [];
    const manages = may("tenants.member.manage") && member.erasedAt === null;
    const active = member.deactivatedAt === null;
    if (may("tenants.role.view")) found.push("assign");
    if (manages) found.push("edit");
    if (manages && active) found.push("move");
    if (may("tenants.device.view")) found.push("devices");
    if (may("tenants.audit.view")) found.push("actions");
    if (manages && active && member.account !== null && member.id !== me) found.push("resetPassword");
    if (may("tenants.member.sign_out") && active && member.id !== me) found.push("signOutEverywhere");
    if (manages && active && member.id !== me) found.push("deactivate");
    if (manages && !active) found.push("reactivate", "erase");
    return found;
  };
}

function useColumns(people: People, presence: Presence): readonly Column<Member>[] {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const me = useDevice().me.memberId;
  const state = (member: Member): string | null => {
    if (member.erasedAt !== null) return t.erased;
    if (member.deactivatedAt !== null) return t.deactivated(instantWords(member.deactivatedAt, language));
    return member.joinedAt === null ? t.invited : null;
  };
  return [
    {
      key: "name",
      title: t.name,
      render: (member) => (
        <>
          {member.name}
          {member.id === me && t.you}
          {state(member) !== null && <small className={styles["small"]}>{state(member)}</small>}
        </>
      ),
    },
    { key: "seat", title: t.seat, render: (member) => people.seatOf(member) },
    { key: "roles", title: t.roles, render: (member) => presence.rolesOf(member.id, people) },
    { key: "contact", title: t.contact, wideOnly: true, render: (member) => [member.account, member.phone, member.email].filter(Boolean).join(" · ") },
    {
      key: "seen",
      title: t.lastSeen,
      render: (member) => {
        const seen = presence.seenAt(member.id);
        if (seen === undefined) return null;
        if (seen === null) return <span className={styles["off"]}>{t.never}</span>;
        return Date.now() - new Date(seen).getTime() < ONLINE_MS ? <span className={styles["online"]}>● {t.online}</span> : sinceWords(seen, language);
      },
    },
  ];
}

/** A device that is open says so at least every few minutes. */
const ONLINE_MS = 5 * 60_000;
