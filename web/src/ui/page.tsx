/** What every screen begins with: its title, the way back, what can be done here, and its help. */
import { ArrowLeftOutlined, QuestionCircleOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { useCompact } from "./compact";
import { useFrame } from "./frame_context";
import styles from "./page.module.css";

const TEXTS = {
  back: ["返回", "Back"],
  help: ["本页帮助（按 ? 键）", "Help on this page (press ?)"],
  titled: (title: string) => [`${title} · 云帆`, `${title} · Yunfan`],
} satisfies Texts;

interface PageProps {
  readonly title: string;
  /** Small, beside the title: state, number of rows. */
  readonly aside?: ReactNode;
  /** Where back leads; "history": to where one came from. Without: a page of the first level. */
  readonly back?: string;
  readonly actions?: ReactNode;
  /** Of what is being written: on a phone the actions stay in reach of a thumb, above the navigation. */
  readonly keepsActions?: boolean;
  /** A topic of src/help. */
  readonly help?: string;
  /** As wide as the window: lists and grids. Else as wide as one reads. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** The title is the one `h1`; it gets the focus when the place changes, unless a field of the page took it. */
export function Page({ title, aside, back, actions, keepsActions = false, help, wide = false, children }: PageProps): ReactNode {
  const phone = useCompact();
  const frame = useFrame();
  const t = useTexts(TEXTS);
  const heading = useFocusOnArrival();
  const { setTopic } = frame;
  useEffect(() => {
    document.title = t.titled(title);
  }, [t, title]);
  useEffect(() => {
    setTopic(help ?? null);
    return () => setTopic(null);
  }, [setTopic, help]);
  return (
    <div className={wide ? styles["wide"] : styles["page"]}>
      <header className={styles["bar"]}>
        {back !== undefined && <BackButton to={back} label={t.back} />}
        <div className={styles["heading"]}>
          <h1 ref={heading} tabIndex={-1} className={styles["title"]}>
            <Whole text={title} />
          </h1>
          {aside !== undefined && <div className={styles["aside"]}>{aside}</div>}
        </div>
        <div className={styles["actions"]}>
          {!phone && actions}
          {phone && help !== undefined && frame.openHelp !== null && <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t.help} title={t.help} onClick={frame.openHelp} />}
          {phone && frame.phoneTools}
        </div>
      </header>
      {phone && !keepsActions && actions !== undefined && <div className={styles["phoneActions"]}>{actions}</div>}
      <div className={styles["content"]}>{children}</div>
      {phone && keepsActions && actions !== undefined && <div className={`${styles["phoneActions"]} ${styles["kept"]}`}>{actions}</div>}
    </div>
  );
}

/** Numbers of documents are not broken at their hyphen. */
function Whole({ text }: { readonly text: string }): ReactNode {
  return text.split(/([A-Z]+-\d+)/).map((part, at) => (at % 2 === 1 ? <span key={at} className={styles["whole"]}>{part}</span> : part));
}

function BackButton({ to, label }: { readonly to: string; readonly label: string }): ReactNode {
  const [, navigate] = useLocation();
  const goBack = (): void => {
    // Opened by a link from elsewhere there is nothing to go back to.
    if (to === "history" && history.length > 1) history.back();
    else navigate(to === "history" ? "/" : to);
  };
  return <Button type="text" icon={<ArrowLeftOutlined />} aria-label={label} title={label} onClick={goBack} />;
}

let arrived: string | null = null;

function useFocusOnArrival(): React.RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const [place] = useLocation();
  useEffect(() => {
    const first = arrived === null;
    if (arrived === place) return;
    arrived = place;
    const main = document.getElementById("main");
    const focused = document.activeElement;
    const taken = focused !== null && main !== null && main.contains(focused) && focused !== main;
    if (!first && !taken) heading.current?.focus({ preventScroll: true });
    if (!first) window.scrollTo(0, 0);
  }, [place]);
  return heading;
}
