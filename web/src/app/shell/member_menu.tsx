/** Who one is here: own page, language, look, company, another account, signing out. */
import {
  BankOutlined, BulbOutlined, GlobalOutlined, LogoutOutlined, QuestionCircleOutlined, SettingOutlined, SwapOutlined, UserOutlined,
} from "@ant-design/icons";
import { Button, Popover, Segmented } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useSession } from "~/data/session_context";
import { useFrame } from "~/ui/frame_context";
import { usePreferences, type ThemeChoice } from "~/ui/preferences";
import { useCompact } from "~/ui/compact";
import { useMay } from "~/data/access_context";
import type { Language, Texts } from "~/values/words";
import { CompanySwitch } from "./company_switch";
import { entryLabel, isSeen, SECTIONS } from "./navigation";
import { SignOut } from "./sign_out";
import styles from "./member_menu.module.css";

const TEXTS = {
  menu: (name: string, company: string) => [`${name}，${company}：账号菜单`, `${name}, ${company}: account menu`],
  orgCode: (code: string) => [`组织号 ${code}`, `Organisation code ${code}`],
  me: ["我的账号与安全", "My account and security"],
  choose: ["使用其他账号", "Use another account"],
  language: ["语言", "Language"],
  theme: ["外观", "Appearance"],
  light: ["浅色", "Light"],
  dark: ["深色", "Dark"],
  system: ["跟随系统", "As the system"],
  signOut: ["退出登录", "Sign out"],
  help: ["帮助", "Help"],
  everything: ["全部功能", "Everything"],
} satisfies Texts;

const THEMES: readonly ThemeChoice[] = ["light", "dark", "system"];

export function MemberMenu(): ReactNode {
  const { me } = useDevice();
  const t = useTexts(TEXTS);
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" content={<MemberSheet onDone={() => setOpen(false)} />}>
      <Button type="text" className={styles["opener"] ?? ""} aria-label={t.menu(me.memberName, me.tenantName)} aria-expanded={open} icon={<UserOutlined />}>
        <span className={styles["who"]}>{me.memberName}</span>
      </Button>
    </Popover>
  );
}

/** The same in a popover and in a phone's sheet; there with all that a phone's bar has no room for. */
export function MemberSheet({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { me } = useDevice();
  const phone = useCompact();
  const t = useTexts(TEXTS);
  const frame = useFrame();
  const session = useSession();
  const [leaving, setLeaving] = useState(false);
  const [changing, setChanging] = useState(false);
  return (
    <div className={styles["sheet"]}>
      <div className={styles["head"]}>
        <strong>{me.memberName}</strong>
        <span>{me.tenantName}</span>
        <small>{t.orgCode(me.orgCode)}</small>
      </div>
      {phone && <Everything onDone={onDone} />}
      <ul className={styles["items"]}>
        <li>
          <Link href="/me" onClick={onDone}>
            <SettingOutlined /> {t.me}
          </Link>
        </li>
        {phone && (
          <li>
            <button type="button" onClick={() => (onDone(), frame.openHelp?.())}>
              <QuestionCircleOutlined /> {t.help}
            </button>
          </li>
        )}
        <li>
          <CompanySwitch open={changing} onOpen={setChanging} icon={<BankOutlined />} />
        </li>
        <li>
          <button type="button" onClick={session.choose}>
            <SwapOutlined /> {t.choose}
          </button>
        </li>
      </ul>
      <Choices />
      <Button block danger icon={<LogoutOutlined />} onClick={() => setLeaving(true)}>
        {t.signOut}
      </Button>
      <SignOut open={leaving} onClose={() => setLeaving(false)} />
    </div>
  );
}

function Choices(): ReactNode {
  const t = useTexts(TEXTS);
  const { theme, language, setTheme, setLanguage } = usePreferences();
  return (
    <div className={styles["choices"]}>
      <label>
        <GlobalOutlined /> {t.language}
      </label>
      <Segmented<Language>
        aria-label={t.language}
        value={language}
        onChange={setLanguage}
        options={[
          { value: "zh-CN", label: "中文" },
          { value: "en", label: "English" },
        ]}
      />
      <label>
        <BulbOutlined /> {t.theme}
      </label>
      <Segmented<ThemeChoice> aria-label={t.theme} value={theme} onChange={setTheme} options={THEMES.map((value) => ({ value, label: t[value] }))} />
    </div>
  );
}

function Everything({ onDone }: { readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const entries = SECTIONS.flatMap((section) => section.entries).filter((entry) => isSeen(entry, may));
  return (
    <nav aria-label={t.everything}>
      <ul className={styles["tiles"]}>
        {entries.map((entry) => (
          <li key={entry.to}>
            <Link href={entry.to} onClick={onDone}>
              {entry.icon}
              <span>{entryLabel(entry, language)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
