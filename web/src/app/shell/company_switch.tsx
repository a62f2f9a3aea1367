/** Goes over to another company that the person works for; the server says which ones, so it needs a network. */
import { Button, Input, Modal, Skeleton } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useDevice, useTexts } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import type { Account } from "~/device/accounts_api";
import type { Device } from "~/device/api";
import type { Operations } from "~/generated/operations";
import { Labelled } from "~/ui/ask_dialog";
import { Failure } from "~/ui/failure";
import type { Texts } from "~/values/words";

const TEXTS = {
  change: ["切换公司", "Change company"],
  present: ["当前", "Present"],
  suspended: ["已停用", "Suspended"],
  pinOf: (company: string) => [`${company}：请输入本设备上的 PIN 码`, `${company}: enter its PIN on this device`],
  enter: ["打开", "Open"],
  back: ["返回", "Back"],
  signedOut: ["这家公司的账号在本设备上设有 PIN 或通行密钥，并且已退出登录。请从账号列表重新登录。", "Your account of this company has a PIN or passkey on this device and is signed out. Sign in again from the list of accounts."],
  accounts: ["去账号列表", "To the accounts"],
  none: ["您只属于这一家公司。", "You belong to this company alone."],
} satisfies Texts;

type Company = Operations["MyTenants"]["result"]["myTenants"][number];

interface CompanySwitchProps {
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly icon: ReactNode;
}

export function CompanySwitch({ open, onOpen, icon }: CompanySwitchProps): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <>
      <button type="button" onClick={() => onOpen(true)}>
        {icon} {t.change}
      </button>
      <Modal open={open} title={t.change} footer={null} onCancel={() => onOpen(false)} destroyOnHidden>
        <Companies />
      </Modal>
    </>
  );
}

function Companies(): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const session = useSession();
  const [companies, setCompanies] = useState<readonly Company[] | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  const [going, setGoing] = useState<string | null>(null);
  const [locked, setLocked] = useState<Account | null>(null);
  useEffect(() => {
    device.ask<Operations["MyTenants"]["result"]>("MyTenants").then(({ myTenants }) => setCompanies(myTenants), setFailed);
  }, [device]);
  const enter = async (company: Company): Promise<Device | null> => {
    const { accounts } = session;
    const here = (await accounts.list()).find(({ key }) => key === `${company.id}.${company.memberId}`);
    // What is locked on this device opens by its lock alone: the server's token would put an open one in its place.
    if (here === undefined || here.lock === "none") {
      const { switchTenant } = await device.ask<Operations["SwitchTenant"]["result"]>("SwitchTenant", { input: { tenantId: company.id } });
      return accounts.signedIn({ token: switchTenant.token ?? "" });
    }
    if (here.lock === "passkey" && here.signedIn) return accounts.open(here.key);
    setLocked(here);
    return null;
  };
  const go = (company: Company): void => {
    setGoing(company.id);
    enter(company)
      .then((entered) => entered === null || session.goOn(entered), setFailed)
      .finally(() => setGoing(null));
  };
  if (failed !== null) return <Failure error={failed} />;
  if (companies === null) return <Skeleton active title={false} />;
  if (companies.length < 2) return <p>{t.none}</p>;
  if (locked !== null) return <Locked account={locked} onBack={() => setLocked(null)} />;
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
      {companies.map((company) => (
        <li key={company.id}>
          <CompanyButton company={company} busy={going === company.id} onGo={() => go(company)} />
        </li>
      ))}
    </ul>
  );
}

/** An account that is on this device behind a lock: opened as in the list of accounts, or from there after a new sign-in. */
function Locked({ account, onBack }: { readonly account: Account; readonly onBack: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const session = useSession();
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  const open = (): void => {
    setBusy(true);
    session.accounts.open(account.key, { pin }).then(session.goOn, (refused: Error) => {
      setPin("");
      setFailed(refused);
      setBusy(false);
    });
  };
  const back = <Button onClick={onBack}>{t.back}</Button>;
  if (!account.signedIn) {
    return (
      <>
        <p>{t.signedOut}</p>
        <Button type="primary" onClick={session.choose}>
          {t.accounts}
        </Button>{" "}
        {back}
      </>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        open();
      }}
    >
      <Labelled label={t.pinOf(account.tenantName)}>
        <Input.Password autoFocus inputMode="numeric" autoComplete="off" value={pin} onChange={(event) => setPin(event.target.value)} />
      </Labelled>
      <Failure error={failed} />
      <Button type="primary" htmlType="submit" loading={busy} disabled={pin === ""}>
        {t.enter}
      </Button>{" "}
      {back}
    </form>
  );
}

function CompanyButton({ company, busy, onGo }: { readonly company: Company; readonly busy: boolean; readonly onGo: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const aside = company.current ? t.present : company.suspended ? t.suspended : company.orgCode;
  return (
    <Button block loading={busy} disabled={company.current || company.suspended} onClick={onGo} style={{ justifyContent: "space-between" }}>
      <span>{company.name}</span> <small>{aside}</small>
    </Button>
  );
}
