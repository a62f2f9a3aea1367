/** All that is known of a customer, and what one does with them. */
import { Alert, Button, Skeleton, Tabs } from "antd";
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { useLocation, useParams } from "wouter";
import { useMay } from "~/data/access_context";
import { useTexts } from "~/data/device_context";
import { useRow } from "~/data/hooks";
import type { Row } from "~/device/api";
import { Attachments } from "~/ui/attachments";
import { useCompact } from "~/ui/compact";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { Page } from "~/ui/page";
import { listPath } from "~/ui/paths";
import { RowHistory } from "~/ui/row_history";
import { StateBadge } from "~/ui/state_badge";
import { Activities } from "./activities";
import { CustomerActions } from "./actions";
import { Contacts } from "./contacts";
import css from "./customer.module.css";
import { GroupTree } from "./group_tree";
import { Orders } from "./orders";
import { Profile } from "./profile";
import { CUSTOMER_TEXTS } from "./texts";

export default function CustomerScreen(): ReactElement {
  const { id = "" } = useParams<{ id: string }>();
  const t = useTexts(CUSTOMER_TEXTS);
  const [, navigate] = useLocation();
  const { data: customer, error, reload, stale } = useRow("customers", id);
  if (customer === undefined || stale) {
    return (
      <Page title="…" back="history" wide>
        {error === null ? <Skeleton active paragraph={{ rows: 8 }} /> : <Failure error={error} onRetry={reload} />}
      </Page>
    );
  }
  if (customer === null) {
    return (
      <Page title={t.gone} back="history">
        <Empty title={t.gone} hint={t.goneHint}>
          <Button onClick={() => navigate(listPath("customers"))}>{t.more}</Button>
        </Empty>
      </Page>
    );
  }
  return <CustomerPage key={id} customer={customer} />;
}

function CustomerPage({ customer }: { readonly customer: Row }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  const phone = useCompact();
  const may = useMay();
  const { id } = customer;
  const archived = typeof customer["archivedAt"] === "string";
  const tabs: readonly { readonly key: string; readonly label: string; readonly children: ReactNode }[] = [
    { key: "activities", label: t.activities, children: <Activities customerId={id} /> },
    { key: "orders", label: t.orders, children: <Orders customerId={id} /> },
    { key: "files", label: t.files, children: <Attachments collection="customers" rowId={id} /> },
    ...(may("tenants.audit.view") || customer._state !== null ? [{ key: "history", label: t.history, children: <RowHistory key={customer.version} collection="customers" row={customer} /> }] : []),
  ];
  const about = [
    { key: "profile", label: t.profile, children: <Profile customer={customer} /> },
    { key: "contacts", label: t.contacts, children: <Contacts customerId={id} locked={archived} /> },
    { key: "group", label: t.group, children: <GroupTree customer={customer} /> },
  ];
  return (
    <Page title={String(customer["name"])} back="history" wide aside={<StateBadge state={customer._state} />} actions={<CustomerActions customer={customer} archived={archived} />} help="customers">
      {archived ? <Alert type="warning" showIcon className={css["notice"] ?? ""} title={t.archived} /> : null}
      {phone ? (
        <ByTab tabs={[...tabs.slice(0, 1), ...about.slice(1, 2), ...tabs.slice(1, 2), ...about.slice(0, 1), ...about.slice(2), ...tabs.slice(2)]} />
      ) : (
        <div className={css["columns"]}>
          <div className={css["about"]}>
            {about.map(({ key, label, children }) => (
              <section key={key} className={css["panel"]} aria-label={label}>
                <h2>{label}</h2>
                {children}
              </section>
            ))}
          </div>
          <div className={css["work"]}>
            <ByTab tabs={tabs} />
          </div>
        </div>
      )}
    </Page>
  );
}

/** The tab stays in the address, so that coming back shows what was looked at. */
function ByTab({ tabs }: { readonly tabs: readonly { readonly key: string; readonly label: string; readonly children: ReactNode }[] }): ReactElement {
  const [key, setKey] = useState(() => location.hash.slice(1));
  const active = tabs.some((tab) => tab.key === key) ? key : (tabs[0]?.key ?? "");
  const strip = useRef<HTMLDivElement>(null);
  // Chosen in the middle, a tab shows that there are more on both sides.
  useEffect(() => {
    strip.current?.querySelector("[role=tab][aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [active]);
  return (
    <div ref={strip}>
      <Tabs
        activeKey={active}
        items={[...tabs]}
        onChange={(chosen) => {
          setKey(chosen);
          history.replaceState(history.state, "", `#${chosen}`);
        }}
      />
    </div>
  );
}
