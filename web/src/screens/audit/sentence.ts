/** An entry in one sentence: who did what to which record. */
import type { useTexts } from "~/data/device_context";
import type { Language } from "~/values/words";
import { isMerge, labelsOf, type AuditEntry } from "./entries";
import type { TEXTS } from "./texts";

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;
type Told = Pick<AuditEntry, "entity" | "entityLabel" | "command" | "commandLabel" | "op" | "actorLabel">;

/** `called`: "" where nobody knows what the record is called. */
export function sentenceOf(entry: Told, called: string, t: Said, language: Language): string {
  const { entity } = labelsOf(entry, language);
  const who = language === "en" ? entry.actorLabel : `${entry.actorLabel} `;
  const what = whatOf(language === "en" ? entity.toLowerCase() : entity, called, language);
  if (isMerge(entry)) return entry.op === "merge" ? t.merged(who, what) : t.unmerged(who, what);
  return entry.op === "insert" ? t.created(who, what) : entry.op === "delete" ? t.removed(who, what) : t.changed(who, what);
}

function whatOf(noun: string, called: string, language: Language): string {
  if (called === "") return language === "en" ? withArticle(noun) : noun;
  return language === "en" ? `${noun} “${called}”` : `${noun}“${called}”`;
}

/** English only. */
function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
