/** A help topic by itself, with all others beside it. */
import { Skeleton } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { Link, useParams } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { helpOn, TOPICS, type Help } from "~/help/topics";
import { Empty } from "~/ui/empty";
import { HelpText } from "~/ui/help_text";
import { Page } from "~/ui/page";
import { say, type Language, type Texts } from "~/values/words";
import styles from "./help.module.css";

const TEXTS = {
  title: ["帮助", "Help"],
  topics: ["帮助主题", "Help topics"],
  none: ["没有这个主题", "There is no such topic"],
  keys: ["快捷键", "Keys"],
  search: ["搜索", "Search"],
  help: ["本页帮助", "Help on this page"],
  move: ["在列表和搜索结果中移动", "Move in lists and results"],
} satisfies Texts;

type Found = Readonly<Record<string, Help>>;

const FIRST = "overview";

/** How the whole works comes first, then by name as the reader's language sorts. */
function inOrder(found: Found, language: Language): readonly (readonly [string, Help])[] {
  const { compare } = new Intl.Collator(language);
  return Object.entries(found).sort(([one, { title: its }], [other, { title }]) => Number(other === FIRST) - Number(one === FIRST) || compare(say(its, language), say(title, language)));
}

export default function HelpScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { topic = FIRST } = useParams<{ topic?: string }>();
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    let gone = false;
    Promise.all(TOPICS.map(async (name) => [name, await helpOn(name)] as const)).then(
      (loaded) => gone || setFound(Object.fromEntries(loaded.flatMap(([name, help]) => (help === null ? [] : [[name, help]])))),
      () => gone || setFound({}),
    );
    return () => {
      gone = true;
    };
  }, []);
  const help = found?.[topic];
  return (
    <Page title={t.title} back="history">
      {found === null ? (
        <Skeleton active title={false} />
      ) : (
        <div className={styles["columns"]}>
          <nav aria-label={t.topics} className={styles["topics"]}>
            <ul>
              {inOrder(found, language).map(([name, { title }]) => (
                <li key={name}>
                  <Link href={`/help/${name}`} aria-current={name === topic ? "page" : undefined}>
                    {say(title, language)}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div>
            {help === undefined ? <Empty title={t.none} /> : <HelpText help={help} />}
            {topic === FIRST && <Keys />}
          </div>
        </div>
      )}
    </Page>
  );
}

function Keys(): ReactNode {
  const t = useTexts(TEXTS);
  const keys: readonly (readonly [string, string])[] = [
    ["Ctrl K", t.search],
    ["?", t.help],
    ["↑ ↓ Enter", t.move],
  ];
  return (
    <section className={styles["keys"]}>
      <h3>{t.keys}</h3>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
