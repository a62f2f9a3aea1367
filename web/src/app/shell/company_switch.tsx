/** Goes over to another company that the person works for; the server says which ones, so it needs a network. */
import { Button, Modal, Skeleton } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useDevice, useTexts } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import { Failure } from "~/ui/failure";
import type { Texts } from "~/values/words";

const TEXTS = {
  change: ["切换公司", "Change company"],
  present: ["当前", "Present"],
  suspended: ["已停用", "Suspended"],
  none: ["您只属于这一家公司。", "You belong to this company alone."],
} satisfies Texts;

interface Company {
  readonly id: string;
  readonly name: string;
  readonly orgCode: string;
  readonly current: boolean;
  readonly suspended: boolean;
}

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
  useEffect(() => {
    device.ask<{ readonly myTenants: readonly Company[] }>("MyTenants").then(({ myTenants }) => setCompanies(myTenants), setFailed);
  }, [device]);
  const go = async (tenantId: string): Promise<void> => {
    setGoing(tenantId);
    try {
      const { switchTenant } = await device.ask<{ readonly switchTenant: { readonly token: string } }>("SwitchTenant", { input: { tenantId } });
      session.goOn(await session.accounts.signedIn({ token: switchTenant.token }));
    } catch (error) {
      setFailed(error as Error);
      setGoing(null);
    }
  };
  if (failed !== null) return <Failure error={failed} />;
  if (companies === null) return <Skeleton active title={false} />;
  if (companies.length < 2) return <p>{t.none}</p>;
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
      {companies.map((company) => (
        <li key={company.id}>
          <CompanyButton company={company} busy={going === company.id} onGo={() => void go(company.id)} />
        </li>
      ))}
    </ul>
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
