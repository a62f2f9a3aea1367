/** Order and search of names as Chinese users expect them. The keys are the server's own (values/pinyin.py, "Sort rule").
 *
 * The tables of readings come once, by `loadPinyin`; before, the functions raise.
 */

const MOST_SORT_KEY = 240;
const MOST_COMBINATIONS = 6; // readings of one name
const HAN = "\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{323af}";
const UNITS = new RegExp(`[${HAN}]|[0-9]+|(?:(?![0-9${HAN}])[\\p{L}\\p{N}])+`, "gu");
const HAN_NAME = new RegExp(`^[${HAN}]{2,4}$`, "u");
const IS_HAN = new RegExp(`^[${HAN}]`, "u");
const LATIN_ACCENTS = /[\u0300-\u036f]/g;
const HAS_ACCENTS = /[\u00c0-\u036f\u1e00-\u1eff]/;
const ASCII = /^[^\u0080-\uffff]*$/;
const FIRST_SYLLABLE = 0xa1;

interface Data {
  readonly syllables: string;
  readonly stretches: readonly number[];
  readonly readings: readonly string[];
  readonly toned: Readonly<Record<string, string>>;
  readonly surnames: Readonly<Record<string, string>>;
  readonly phrases: Readonly<Record<string, string>>;
  readonly polyphones: Readonly<Record<string, string>>;
  readonly folds: Readonly<Record<string, string>>;
}

class Tables {
  private readonly syllables: readonly string[];
  private readonly known = new Map<string, string>();
  readonly phrase: RegExp;

  constructor(readonly data: Data) {
    this.syllables = data.syllables.split(" ");
    this.phrase = new RegExp(Object.keys(data.phrases).sort((a, b) => b.length - a.length).join("|"), "g");
  }

  /** With its tone digit; null for a character without a reading. */
  reading(char: string): string | null {
    const code = char.codePointAt(0) ?? 0;
    let stretch = this.data.stretches.findLastIndex((first) => first <= code);
    if (stretch < 0) stretch = 0;
    const at = code - (this.data.stretches[stretch] ?? 0);
    const sign = this.data.readings[stretch]?.charCodeAt(at);
    return sign === undefined || Number.isNaN(sign) ? null : (this.syllables[sign - FIRST_SYLLABLE] ?? null);
  }

  /** A unit of a sort key; the usual ones are remembered. */
  unit(unit: string, syllable: string | null): string {
    const name = syllable === null ? unit : `${unit}${syllable}`;
    const found = this.known.get(name);
    if (found !== undefined) return found;
    const made = this.written(unit, syllable);
    if (this.known.size > 16_384) this.known.clear();
    this.known.set(name, made);
    return made;
  }

  private written(unit: string, syllable: string | null): string {
    if (unit >= "0" && unit < ":") {
      const digits = unit.replace(/^0+/, "") || "0";
      return String(Math.min(digits.length, 99)).padStart(2, "0") + digits;
    }
    if (IS_HAN.test(unit)) {
      const read = syllable === null ? this.reading(unit) : `${syllable}${this.data.toned[unit + syllable] ?? "5"}`;
      if (read !== null) return read + (unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    }
    return [...unit].map((char) => (char >= "a" && char <= "z" ? char : `~${(char.codePointAt(0) ?? 0).toString(16).padStart(5, "0")}`)).join("");
  }
}

let tables: Tables | null = null;
let loading: Promise<void> | null = null;

/** Before the first key. The tables are a file of their own. */
export function loadPinyin(): Promise<void> {
  loading ??= import("./pinyin_data.json").then(({ default: data }) => {
    tables = new Tables(data as Data);
  });
  return loading;
}

function loaded(): Tables {
  if (tables === null) throw new Error("the tables of readings are not loaded: loadPinyin() comes first");
  return tables;
}

/** NFKC and case folding; é → e, but kana and Hangul keep their marks. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const { folds } = loaded().data;
  let folded = "";
  for (const char of text.normalize("NFKC")) folded += folds[char] ?? char.toLowerCase();
  return HAS_ACCENTS.test(folded) ? folded.normalize("NFD").replace(LATIN_ACCENTS, "").normalize("NFC") : folded;
}

/** What a user typed, as it is looked for: letters and digits only. '': nothing that can be searched for. */
export function queryTerm(text: string): string {
  return (fold(text).match(UNITS) ?? []).join("");
}

/** ASCII key whose order, character by character, is the human order of names. */
export function sortKey(text: string): string {
  const found = loaded();
  const folded = fold(text);
  const units = [...folded.matchAll(UNITS)];
  const fixed = fixedReadings(folded, found.data);
  return units.map((unit) => found.unit(unit[0], fixed.get(unit.index) ?? null)).join(" ").slice(0, MOST_SORT_KEY);
}

/** Readings that a word or a family name fixes, by the place of the character. */
function fixedReadings(text: string, data: Data): ReadonlyMap<number, string> {
  const fixed = new Map<number, string>();
  const surname = HAN_NAME.test(text) ? data.surnames[text.charAt(0)] : undefined;
  if (surname !== undefined) fixed.set(0, surname);
  for (const phrase of text.matchAll(loaded().phrase)) {
    data.phrases[phrase[0]]?.split(" ").forEach((syllable, at) => fixed.set(phrase.index + at, syllable));
  }
  return fixed;
}

export interface Spellings {
  /** In full, without tones: `yunfankeji`, the usual reading first. ü is v, and u. */
  readonly full: readonly string[];
  readonly initials: readonly string[];
}

/** How a name is typed on a keyboard without Chinese. Common second readings of a character count too. */
export function spellings(text: string): Spellings {
  const found = loaded();
  const folded = fold(text);
  const fixed = fixedReadings(folded, found.data);
  const choices = [...folded.matchAll(UNITS)].map((unit) => {
    const char = unit[0];
    if (!IS_HAN.test(char)) return [char];
    const usual = searchReadings(char, found);
    const set = [fixed.get(unit.index), ...usual, unit.index === 0 ? found.data.surnames[char] : undefined];
    return [...new Set(set.filter((reading) => reading !== undefined))];
  });
  const all = combinations(choices);
  return { full: [...new Set(all.map((parts) => parts.join("")))], initials: [...new Set(all.map((parts) => parts.map((part) => part.charAt(0)).join("")))] };
}

function searchReadings(char: string, found: Tables): readonly string[] {
  const common = found.data.polyphones[char];
  if (common !== undefined) return common.split(" ");
  const syllable = found.reading(char)?.slice(0, -1);
  if (syllable === undefined) return [char];
  return syllable.includes("v") ? [syllable, syllable.replaceAll("v", "u")] : [syllable];
}

/** Every choice of readings, the usual ones first; beyond the most, later characters keep their usual one. */
function combinations(choices: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let all: string[][] = [[]];
  for (const readings of choices) {
    if (readings.length > 1 && all.length * readings.length <= MOST_COMBINATIONS) {
      all = readings.flatMap((reading) => all.map((chosen) => [...chosen, reading]));
    } else {
      for (const chosen of all) chosen.push(readings[0] ?? "");
    }
  }
  return all;
}
