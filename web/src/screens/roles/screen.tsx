/** Roles: what each permits and hides; made, copied, changed, deleted. */
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useAnswer, usePages, useRequest } from "~/data/asking";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { Answered } from "~/ui/answered";
import { AskDialog } from "~/ui/ask_dialog";
import { roleLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { Panel } from "~/ui/panel";
import { Records, type Column } from "~/ui/records";
import { RoleEditor, type Draft } from "./role_editor";
import styles from "./roles.module.css";
import { TEXTS } from "./texts";

export type Role = NonNullable<Operations["Roles"]["result"]["roles"]>["nodes"][number];

export default function RolesScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay()("tenants.role.manage");
  const roles = usePages("Roles", { first: 100 }, (answer) => answer.roles);
  const members = usePages("Members", { first: 100 }, (answer) => answer.members);
  const permissions = useAnswer("Permissions", {});
  const masks = useAnswer("MaskableFields", {});
  const [draft, setDraft] = useState<Draft | null>(null);
  const device = useDevice();
  const holders = (roleId: string): number | null =>
    members.data === undefined || members.more !== null ? null : members.data.filter((member) => member.roleAssignments?.nodes.some((one) => one.roleId === roleId)).length;
  const changed = (): void => {
    setDraft(null);
    void roles.reload();
    void device.sync().catch(() => undefined); // names elsewhere follow at the next contact anyway
  };
  const actions = may && (
    <Button type="primary" onClick={() => setDraft({ id: null, version: null, name: "", permissions: [], masks: [] })}>
      {t.add}
    </Button>
  );
  return (
    <Page title={t.title} help="roles" actions={actions}>
      <Panel quiet title={t.title} note={may ? t.intro : t.readOnly}>
        <Answered answer={{ data: permissions.data && roles.data, error: roles.error ?? permissions.error, reload: async () => void (await Promise.all([roles.reload(), permissions.reload()])) }}>
          {(known) => <RoleList roles={known} of={permissions.data?.permissions.length ?? 0} holders={holders} may={may} onOpen={setDraft} onChanged={changed} />}
        </Answered>
      </Panel>
      {draft !== null && permissions.data !== undefined && (
        <RoleEditor
          key={draft.id ?? draft.name}
          draft={draft}
          permissions={permissions.data.permissions}
          maskable={masks.data?.maskableFields ?? []}
          holders={draft.id === null ? 0 : holders(draft.id)}
          readOnly={!may}
          onClose={() => setDraft(null)}
          onSaved={changed}
        />
      )}
    </Page>
  );
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

function draftOf(role: Role): Draft {
  return { id: role.id, version: role.version, name: role.name, permissions: texts(role.permissions), masks: texts(role.masks) };
}

interface RoleListProps {
  readonly roles: readonly Role[];
  readonly of: number;
  readonly holders: (roleId: string) => number | null;
  readonly may: boolean;
  readonly onOpen: (draft: Draft) => void;
  readonly onChanged: () => void;
}

function RoleList({ roles, of, holders, may, onOpen, onChanged }: RoleListProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [removed, setRemoved] = useState<Role | null>(null);
  const columns: readonly Column<Role>[] = [
    {
      key: "name",
      title: t.role,
      render: (role) => (
        <>
          {roleLabel(role, language)}
          {role.key !== null && <small className={styles["small"]}>{t.builtIn}</small>}
        </>
      ),
    },
    { key: "permissions", title: t.permissions, render: (role) => t.count(texts(role.permissions).length, of) },
    { key: "masks", title: t.masks, render: (role) => t.hides(texts(role.masks).length) },
    { key: "members", title: t.members, figure: true, render: (role) => (holders(role.id) === null ? null : t.memberCount(holders(role.id) ?? 0)) },
  ];
  const actions = (role: Role): ReactNode => (
    <>
      <Button size="small" type="text" onClick={() => onOpen(draftOf(role))}>
        {may ? t.edit : t.view}
      </Button>
      {may && (
        <Button size="small" type="text" onClick={() => onOpen({ ...draftOf(role), id: null, version: null, name: t.copyOf(roleLabel(role, language)) })}>
          {t.copy}
        </Button>
      )}
      {may && role.key === null && (
        <Button size="small" type="text" danger onClick={() => setRemoved(role)}>
          {t.remove}
        </Button>
      )}
    </>
  );
  return (
    <>
      <Records label={t.title} rows={roles} columns={columns} keyOf={(role) => role.id} empty={t.empty} actions={actions} />
      {removed !== null && (
        <Remove
          role={removed}
          onClose={() => setRemoved(null)}
          onDone={() => {
            setRemoved(null);
            onChanged();
          }}
        />
      )}
    </>
  );
}

function Remove({ role, onClose, onDone }: { readonly role: Role; readonly onClose: () => void; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const request = useRequest();
  const submit = async (): Promise<void> => {
    if ((await request.send("DeleteRole", { input: { id: role.id, version: role.version } })) === null) return;
    void message.success(t.removed);
    onDone();
  };
  return <AskDialog title={t.removeTitle(role.name)} consequence={t.removeWhat} submit={t.remove} danger busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()} />;
}
