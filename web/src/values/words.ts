/** A sentence in both languages: Chinese first. */
export type Words = readonly [zh: string, en: string];
export type Language = "zh-CN" | "en";

/** The sentence in the reader's language. */
export function say(words: Words, language: Language): string {
  return language === "en" ? words[1] : words[0];
}

type Said<T> = {
  readonly [K in keyof T]: T[K] extends (...given: infer A) => Words ? (...given: A) => string : string;
};
export type Texts = Readonly<Record<string, Words | ((...given: never[]) => Words)>>;

/** A screen's texts in one language: `inLanguage(TEXTS, language).save`, `….rows(3)`. */
export function inLanguage<T extends Texts>(texts: T, language: Language): Said<T> {
  const said: Record<string, unknown> = {};
  for (const [name, words] of Object.entries(texts)) {
    said[name] =
      typeof words === "function"
        ? (...given: never[]) => say((words as (...given: never[]) => Words)(...given), language)
        : say(words as Words, language);
  }
  return said as Said<T>;
}

/** `结算方式：现结`, `Settlement: Cash`. */
export function labelled(label: string, what: string, language: Language): string {
  return language === "en" ? `${label}: ${what}` : `${label}：${what}`;
}
