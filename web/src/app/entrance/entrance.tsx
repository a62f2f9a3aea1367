/** The pages before the sign-in. */
import { useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Account, Accounts } from "~/device/accounts_api";
import type { Device } from "~/device/api";
import { usePreferences } from "~/ui/preferences";
import type { Texts } from "~/values/words";
import { Sail } from "../shell/sail";
import { OnThisDevice, useAccountsHere } from "./on_this_device";
import { SignIn } from "./sign_in";
import { SignUp } from "./sign_up";
import { useRefusal, FormRefusal } from "./fields";
import styles from "./entrance.module.css";

const TEXTS = {
  brand: ["云帆", "Yunfan"],
  other: ["English", "中文"],
  pitch: ["客户、订单、库存，\n有没有网都能用", "Customers, orders and stock,\nwith or without a network"],
  loop: ["从线索到客户、报价、订单、出库、盘点，资料只录一次", "From lead to order, delivery and count: everything is entered once"],
  offline: ["没有网络照常查看和录入，联网后自动上传，不丢失、不重复", "Work offline: changes are sent when you reconnect, nothing lost, nothing duplicated"],
  devices: ["电脑、平板、手机同一套数据，打开浏览器即可使用", "One set of data on computer, tablet and phone, in the browser"],
  trial: ["15 天免费试用全部功能", "Every module free for 15 days"],
} satisfies Texts;

export interface DoorProps {
  readonly accounts: Accounts;
  readonly onEnter: (device: Device) => void;
}

interface EntranceProps extends DoorProps {
  /** Why the account of the last visit did not open by itself. */
  readonly failed: Error | null;
  /** Somebody types: what comes after the sign-in can be loaded meanwhile. */
  readonly onBegun: () => void;
}

type Page = "here" | "in" | "up";

export function Entrance({ accounts, failed, onEnter, onBegun }: EntranceProps): ReactNode {
  const t = useTexts(TEXTS);
  const explain = useRefusal();
  const here = useAccountsHere(accounts);
  const [chosen, setChosen] = useState<Page | null>(null);
  const [expected, setExpected] = useState<Account | null>(null);
  const signIn = (account: Account | null): void => {
    setExpected(account);
    setChosen("in");
  };
  const page = chosen ?? (here.accounts.length > 0 ? "here" : "in");
  const door = { accounts, onEnter };
  return (
    <div className={styles["entrance"]}>
      <aside className={styles["pitch"]}>
        <h2>
          {t.pitch.split("\n").map((line) => (
            <span key={line} style={{ display: "block" }}>
              {line}
            </span>
          ))}
        </h2>
        <ul>
          {[t.loop, t.offline, t.devices, t.trial].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </aside>
      <div className={styles["side"]}>
        <header className={styles["top"]}>
          <Sail size={28} /> {t.brand}
          <OtherLanguage label={t.other} />
        </header>
        <main className={styles["form"]} onInputCapture={onBegun}>
          {failed !== null && page !== "up" && <FormRefusal refusal={explain(failed)} shown={[]} />}
          {!here.known ? null : page === "here" ? (
            <OnThisDevice {...door} here={here} onOther={() => signIn(null)} onSignIn={signIn} onSignUp={() => setChosen("up")} />
          ) : page === "in" ? (
            <SignIn {...door} expected={expected} onSignUp={() => setChosen("up")} {...(here.accounts.length > 0 ? { onBack: () => setChosen("here") } : {})} />
          ) : (
            <SignUp {...door} onSignIn={() => signIn(null)} />
          )}
        </main>
      </div>
    </div>
  );
}

function OtherLanguage({ label }: { readonly label: string }): ReactNode {
  const { language, setLanguage } = usePreferences();
  const other = language === "en" ? "zh-CN" : "en";
  return (
    <button type="button" lang={other} onClick={() => setLanguage(other)}>
      {label}
    </button>
  );
}
