/** Who has signed in on this device; others' accounts are removed from it here. */
import { App, Button, Tag } from "antd";
import { useState, type ReactNode } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import type { Account } from "~/device/accounts_api";
import { AskDialog } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import { sinceWords } from "~/ui/instants";
import { Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import { useHere } from "./here";
import { TEXTS } from "./texts";

export function AccountsHere(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { message } = App.useApp();
  const here = useHere();
  const status = useStatus();
  const [asked, setAsked] = useState<Account | null>(null);
  const called = (account: Account): string => `${account.memberName} · ${account.tenantName}`;
  const unsent = (account: Account): number | null => (account.key === here.own?.key ? status.pending : account.unsent);
  const forget = async (account: Account): Promise<void> => {
    if (!(await here.act((accounts) => accounts.forget(account.key)))) return;
    setAsked(null);
    void message.success(t.forgotten);
  };
  return (
    <Panel title={t.accounts} note={t.accountsNote}>
      <Failure error={asked === null ? here.error : null} />
      <Records
        label={t.accounts}
        rows={here.accounts ?? []}
        keyOf={(account) => account.key}
        empty={null}
        columns={[
          {
            key: "member",
            title: t.member,
            render: (account) => (
              <>
                {called(account)} {account.key === here.own?.key && <Tag color="success">{t.inUse}</Tag>}
              </>
            ),
          },
          { key: "used", title: t.lastUsed, render: (account) => sinceWords(account.lastUsedAt, language) },
          { key: "unsent", title: t.unsent, figure: true, render: (account) => unsent(account) ?? t.unsentUnknown },
        ]}
        actions={(account) =>
          account.key !== here.own?.key && (
            <Button size="small" danger type="text" onClick={() => setAsked(account)}>
              {t.forget}
            </Button>
          )
        }
      />
      {asked !== null && (
        <AskDialog
          title={t.forgetTitle(called(asked))}
          consequence={t.forgetWhat(asked.unsent)}
          submit={t.forget}
          danger
          {...(asked.unsent === 0 ? {} : { typed: asked.memberName })}
          busy={here.busy}
          error={here.error}
          onClose={() => {
            here.clear();
            setAsked(null);
          }}
          onSubmit={() => void forget(asked)}
        />
      )}
    </Panel>
  );
}
