/** Practising on demo data, and clearing it. Both are done by the server. */
import { Alert, App, Button, Input, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useAccess } from "~/data/access_context";
import { useDevice, useTexts } from "~/data/device_context";
import { Failure } from "~/ui/failure";
import type { Texts } from "~/values/words";
import styles from "./start.module.css";

const TEXTS = {
  title: ["练习与清理", "Practice and clearing"],
  demo: (n: number) => [
    `本公司带有示例数据（${n} 个示例客户及其联系人、跟进、商品、订单和库存），可以放心练习。`,
    `This company has demo data (${n} demo customers with contacts, follow-ups, products, orders and stock) to practise on.`,
  ],
  noDemo: ["本公司没有示例数据。", "This company has no demo data."],
  clearDemo: ["清除示例数据", "Clear the demo data"],
  clearDemoText: ["示例客户、联系人、跟进、商品、订单和库存会被永久删除；您自己录入的全部保留。", "Demo customers, contacts, follow-ups, products, orders and stock are deleted for good; all that you entered stays."],
  cleared: (n: number, kept: number) => [
    kept === 0 ? `已清除 ${n} 条示例数据。` : `已清除 ${n} 条示例数据；${kept} 条被您自己的单据引用，予以保留。`,
    kept === 0 ? `${n} demo rows were cleared.` : `${n} demo rows were cleared; ${kept} stay because your own documents refer to them.`,
  ],
  clearTrial: ["清除全部试用记录…", "Clear all trial records…"],
  clearTrialText: [
    "示例数据，以及试用期间录入的跟进、订单、库存等业务记录会被永久删除；自己的客户、联系人、商品等基础资料保留。只能在试用期内进行。",
    "The demo data and every business record of the trial (follow-ups, orders, stock) are deleted for good; your own customers, contacts and products stay. Possible during the trial only.",
  ],
  confirm: (name: string) => [`请输入公司名称“${name}”确认`, `Type the company's name, “${name}”, to confirm`],
  doIt: ["永久删除", "Delete for good"],
  cancel: ["取消", "Cancel"],
  trialCleared: ["已开始清除，稍后全部完成。", "Clearing has begun and will be complete in a moment."],
} satisfies Texts;

interface Cleared {
  readonly clearDemoData: { readonly customers: number; readonly contacts: number; readonly activities: number; readonly products: number; readonly orders: number; readonly kept: number };
}

/** `demo`: how many demo customers are on this device. */
export function DemoData({ demo }: { readonly demo: number }): ReactNode {
  const t = useTexts(TEXTS);
  const access = useAccess();
  const [asking, setAsking] = useState<"demo" | "trial" | null>(null);
  const close = (): void => setAsking(null);
  const onTrial = access?.state === "trial";
  if (demo === 0 && !onTrial) return null;
  return (
    <section className={styles["demo"]} aria-label={t.title}>
      <h2>{t.title}</h2>
      <p>{demo > 0 ? t.demo(demo) : t.noDemo}</p>
      <div className={styles["ways"]}>
        {demo > 0 && <Button onClick={() => setAsking("demo")}>{t.clearDemo}</Button>}
        {onTrial && (
          <Button danger onClick={() => setAsking("trial")}>
            {t.clearTrial}
          </Button>
        )}
      </div>
      {asking === "demo" && <ClearDemo onClose={close} />}
      {asking === "trial" && <ClearTrial onClose={close} />}
    </section>
  );
}

function ClearDemo({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const { message } = App.useApp();
  const asking = useClearing(async () => {
    const { clearDemoData: gone } = await device.ask<Cleared>("ClearDemoData");
    void message.success(t.cleared(gone.customers + gone.contacts + gone.activities + gone.products + gone.orders, gone.kept));
    onClose();
  });
  return (
    <Modal open title={t.clearDemo} onCancel={onClose} okText={t.doIt} cancelText={t.cancel} okButtonProps={{ danger: true, loading: asking.busy }} onOk={asking.go}>
      <p>{t.clearDemoText}</p>
      <Failure error={asking.failed} />
    </Modal>
  );
}

function ClearTrial({ onClose }: { readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const asking = useClearing(async () => {
    await device.ask("ClearTrialData", { input: { companyName: name } });
    void message.success(t.trialCleared);
    onClose();
  });
  const wanted = t.confirm(device.me.tenantName);
  return (
    <Modal
      open
      title={t.clearTrial}
      onCancel={onClose}
      okText={t.doIt}
      cancelText={t.cancel}
      okButtonProps={{ danger: true, loading: asking.busy, disabled: name.trim() === "" }}
      onOk={asking.go}
    >
      <Alert type="warning" showIcon title={t.clearTrialText} style={{ marginBottom: 12 }} />
      <label>
        {wanted}
        <Input value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <Failure error={asking.failed} />
    </Modal>
  );
}

/** Asks the server, then looks at once for what went. */
function useClearing(clear: () => Promise<void>): { readonly busy: boolean; readonly failed: Error | null; readonly go: () => void } {
  const device = useDevice();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  const go = (): void => {
    setBusy(true);
    setFailed(null);
    clear()
      .then(() => device.sync())
      .catch(setFailed)
      .finally(() => setBusy(false));
  };
  return { busy, failed, go };
}
