/** Which roles a member holds, how far each reaches and where; with what they can see by them, in a sentence. */
import { App, Button, Select } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useAnswer, useRequest } from "~/data/asking";
import { useTexts } from "~/data/device_context";
import { Answered } from "~/ui/answered";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import type { Member, People } from "./people";
import { type Assignment, reachSentence, SCOPES, usualReach } from "./reach_words";
import styles from "./members.module.css";
import { TEXTS } from "./texts";

interface AssignmentsProps {
  readonly member: Member;
  readonly people: People;
  readonly onChanged: () => void;
}

export function Assignments({ member, people, onChanged }: AssignmentsProps): ReactNode {
  const answer = useAnswer("RoleAssignments", { memberId: member.id });
  const reload = (): void => {
    void answer.reload();
    onChanged();
  };
  return <Answered answer={answer}>{({ roleAssignments }) => <Held member={member} people={people} held={roleAssignments?.nodes ?? []} onChanged={reload} />}</Answered>;
}

type Held = Assignment & { readonly role: { readonly name: string } | null; readonly organisation: { readonly name: string } | null };

function Held({ member, people, held, onChanged }: Omit<AssignmentsProps, "onChanged"> & { readonly held: readonly Held[]; readonly onChanged: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { message } = App.useApp();
  const request = useRequest();
  const [removed, setRemoved] = useState<Held | null>(null);
  const mayManage = may("tenants.member.manage") && member.deactivatedAt === null;
  const roleName = (id: string): string => people.roles.find((role) => role.id === id)?.name ?? held.find((one) => one.roleId === id)?.role?.name ?? "";
  const orgName = (id: string): string => people.organisations.find((org) => org.id === id)?.name ?? "";
  const setScope = async (one: Held, scope: string): Promise<void> => {
    if ((await request.send("SetScope", { input: { id: one.id, version: one.version, scope } })) === null) return;
    void message.success(t.saved);
    onChanged();
  };
  return (
    <div className={styles["assignments"]}>
      <p className={styles["sentence"]}>{reachSentence(held, { roleName, orgName, seat: people.seatOf(member) }, t)}</p>
      <ul>
        {held.map((one) => (
          <li key={one.id}>
            <strong>{roleName(one.roleId)}</strong>
            <span>{one.organisationId === null ? t.atHome : (one.organisation?.name ?? orgName(one.organisationId))}</span>
            <Select size="small" disabled={!mayManage || request.busy} aria-label={`${roleName(one.roleId)}: ${t.scope}`} value={one.scope} onChange={(scope) => void setScope(one, scope)} options={scopeOptions(t, one.organisationId !== null)} className={styles["scope"] ?? ""} />
            {mayManage && (
              <Button size="small" type="text" danger onClick={() => setRemoved(one)} aria-label={t.unassignTitle(roleName(one.roleId))}>
                {t.unassign}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Failure error={removed === null ? request.error : null} />
      {mayManage && <AddRole member={member} people={people} onChanged={onChanged} />}
      {removed !== null && <Unassign held={removed} name={roleName(removed.roleId)} onClose={() => setRemoved(null)} onDone={onChanged} />}
    </div>
  );
}

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

function scopeOptions(t: Said, elsewhere: boolean): { value: string; label: string }[] {
  return SCOPES.map((scope) => ({ value: scope, label: elsewhere && scope === "all" ? t.allThere : t[scope] }));
}

function Unassign({ held, name, onClose, onDone }: { readonly held: Held; readonly name: string; readonly onClose: () => void; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const submit = async (): Promise<void> => {
    if ((await request.send("UnassignRole", { input: { id: held.id, version: held.version } })) === null) return;
    onClose();
    onDone();
  };
  return <AskDialog title={t.unassignTitle(name)} consequence={t.unassignWhat} submit={t.unassign} danger busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()} />;
}

function AddRole({ member, people, onChanged }: AssignmentsProps): ReactNode {
  const t = useTexts(TEXTS);
  const request = useRequest();
  const [roleId, setRoleId] = useState<string | null>(null);
  const [picked, setScope] = useState<string | null>(null);
  const scope = picked ?? usualReach([people.roles.find(({ id }) => id === roleId)?.key ?? null]);
  const [where, setWhere] = useState("");
  const add = async (): Promise<void> => {
    if (roleId === null) return;
    if ((await request.send("AssignRole", { input: { memberId: member.id, roleId, scope, ...(where === "" ? {} : { organisationId: where }) } })) === null) return;
    setRoleId(null);
    setScope(null);
    onChanged();
  };
  return (
    <fieldset className={styles["add"]}>
      <legend>{t.addRole}</legend>
      <div className={styles["addRow"]}>
        <Labelled label={t.role}>
          <Select aria-label={t.role} value={roleId} onChange={setRoleId} options={people.roles.map((role) => ({ value: role.id, label: role.name }))} />
        </Labelled>
        {people.organisations.length > 1 && (
          <Labelled label={t.where} note={where === "" ? undefined : t.crossNote}>
            <Select aria-label={t.where} value={where} onChange={setWhere} options={[{ value: "", label: t.atHome }, ...people.organisations.map((org) => ({ value: org.id, label: org.name }))]} />
          </Labelled>
        )}
        <Labelled label={t.scope}>
          <Select aria-label={t.scope} value={scope} onChange={setScope} options={scopeOptions(t, where !== "")} />
        </Labelled>
        <Button type="primary" disabled={roleId === null} loading={request.busy} onClick={() => void add()}>
          {t.addRole}
        </Button>
      </div>
      <Failure error={request.error} />
    </fieldset>
  );
}
