/** What arrived: a bell with the number of what was not looked at, kept on this device. */
import { BellOutlined } from "@ant-design/icons";
import { Badge, Button, Drawer, Empty, Popover } from "antd";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useKeptHere } from "~/data/kept_here";
import { useCompact } from "~/ui/compact";
import { sinceWords } from "~/ui/instants";
import type { Texts } from "~/values/words";
import { useNews, type News } from "./news";
import styles from "./notifications.module.css";

const TEXTS = {
  title: ["通知", "Notifications"],
  unread: (n: number) => [`通知，${n} 条未读`, `Notifications, ${n} unread`],
  none: ["没有新通知", "Nothing new"],
  fresh: ["未读", "Unread"],
} satisfies Texts;

const NONE: readonly string[] = [];

export function Notifications(): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const news = useNews();
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useKeptHere<readonly string[]>("seen", NONE);
  const [shownSeen, setShownSeen] = useState<readonly string[]>(seen);
  const unread = news.filter((one) => !seen.includes(one.key)).length;
  const toggle = (next: boolean): void => {
    if (next) {
      setShownSeen(seen);
      setSeen(news.map((one) => one.key));
    }
    setOpen(next);
  };
  const button = (
    // On a phone a number would stand upon the bell itself.
    <Badge {...(phone ? { dot: unread > 0 } : { count: unread })} size="small" offset={phone ? [-13, 12] : [-10, 8]}>
      <Button
        type="text"
        icon={<BellOutlined />}
        aria-label={unread > 0 ? t.unread(unread) : t.title}
        aria-expanded={open}
        onClick={() => toggle(!open)}
      />
    </Badge>
  );
  const list = <NewsList news={news} seen={shownSeen} onDone={() => setOpen(false)} />;
  if (phone) {
    return (
      <>
        {button}
        <Drawer open={open} onClose={() => setOpen(false)} placement="bottom" size="70dvh" title={t.title}>
          {list}
        </Drawer>
      </>
    );
  }
  return (
    <Popover open={open} onOpenChange={(next) => next || setOpen(false)} trigger="click" placement="bottomRight" title={t.title} content={list}>
      {button}
    </Popover>
  );
}

interface NewsListProps {
  readonly news: readonly News[];
  readonly seen: readonly string[];
  readonly onDone: () => void;
}

function NewsList({ news, seen, onDone }: NewsListProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  if (news.length === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.none} className={styles["list"] ?? ""} />;
  return (
    <ul className={styles["list"]}>
      {news.map((one) => (
        <li key={one.key}>
          <Link href={one.to} onClick={onDone}>
            {!seen.includes(one.key) && <i className={styles["dot"]} role="img" aria-label={t.fresh} />}
            <span className={styles["title"]}>{one.title}</span>
            {one.text !== "" && <span className={styles["text"]}>{one.text}</span>}
            {one.at !== null && <time dateTime={one.at}>{sinceWords(one.at, language)}</time>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
