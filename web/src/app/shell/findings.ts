/** What a search finds: new documents and pages by their names, rows by what the device's index knows. */
import { useEffect, useMemo, useState } from "react";
import { useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import type { SearchHit } from "~/device/api";
import { choiceLabel, collectionLabel } from "~/ui/labels";
import { rowPath } from "~/ui/paths";
import { titleOf } from "~/ui/title_of";
import { textOf } from "~/values/json";
import { useCreations } from "~/ui/creations";
import { phoneText } from "~/values/phone";
import { say, type Language, type Texts } from "~/values/words";
import { entryLabel, isSeen, SECTIONS } from "./navigation";

const TEXTS = {
  actions: ["新建", "New"],
  pages: ["页面", "Pages"],
} satisfies Texts;

export interface Finding {
  readonly key: string;
  readonly group: string;
  readonly title: string;
  readonly more: string;
  readonly to: string;
}

const HITS = 30;
const PAUSE_MS = 80;
const FEW = 5;

/** `settled`: the rows are of this text. */
export function useFindings(text: string): { readonly findings: readonly Finding[]; readonly settled: boolean } {
  const { hits, of } = useHits(text.trim());
  const named = useNamed();
  const language = useLanguage();
  const wanted = text.trim();
  const findings = useMemo(() => {
    const fitting = named.filter((one) => wanted === "" || one.title.toLowerCase().includes(wanted.toLowerCase()));
    const rows = wanted === "" ? [] : hits.map((hit) => rowFinding(hit, language));
    // What is typed is mostly a name: rows first, unless nothing was typed.
    return wanted === "" ? fitting : [...rows, ...fitting.slice(0, FEW)];
  }, [named, wanted, hits, language]);
  return { findings, settled: wanted === "" || of === wanted };
}

function useHits(text: string): { readonly hits: readonly SearchHit[]; readonly of: string } {
  const device = useDevice();
  const [found, setFound] = useState<{ readonly hits: readonly SearchHit[]; readonly of: string }>({ hits: [], of: "" });
  useEffect(() => {
    if (text === "") return undefined;
    let gone = false;
    const timer = setTimeout(() => {
      device.search(text, undefined, HITS).then(
        (hits) => gone || setFound({ hits: grouped(hits), of: text }),
        () => gone || setFound({ hits: [], of: text }),
      );
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [device, text]);
  return found;
}

/** Hits of one collection together, collections in the order of their best hit. */
export function grouped(hits: readonly SearchHit[]): SearchHit[] {
  const collections = [...new Set(hits.map((hit) => hit.collection))];
  return collections.flatMap((collection) => hits.filter((hit) => hit.collection === collection));
}

function useNamed(): readonly Finding[] {
  const may = useMay();
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const creations = useCreations();
  const actions = creations.map(({ to, words }) => ({ key: to, group: t.actions, title: `${say(words, language)}…`, more: "", to }));
  const pages = SECTIONS.flatMap((section) =>
    section.entries
      .filter((entry) => isSeen(entry, may))
      .map((entry) => ({ key: entry.to, group: t.pages, title: entryLabel(entry, language), more: say(section.words, language), to: entry.to })),
  );
  return [...actions, ...pages];
}

function rowFinding({ collection, row }: SearchHit, language: Language): Finding {
  const state = textOf(row["state"]);
  const more = [textOf(row["code"]), phoneText(textOf(row["phone"])), phoneText(textOf(row["mobile"])), textOf(row["spec"])];
  return {
    key: `${collection}-${row.id}`,
    group: collectionLabel(collection, language),
    title: titleOf(collection, row),
    more: [...more, state === "" ? "" : choiceLabel(collection, "state", state, language)].filter(Boolean).join(" · "),
    to: rowPath(collection, row.id),
  };
}
