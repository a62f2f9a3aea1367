/** Help by topic: what a screen is for, how it goes, what happens without a network. Each topic is a chunk of its own. */
import type { Words } from "~/values/words";

export interface Help {
  readonly title: Words;
  /** One or two sentences: what it is for. */
  readonly purpose: Words;
  readonly steps: readonly Words[];
  /** What happens without a network. */
  readonly offline: Words;
  readonly tips?: readonly Words[];
}

const LOADERS = import.meta.glob<{ readonly HELP: Help }>(["./*.ts", "!./topics.ts"]);

export const TOPICS: readonly string[] = Object.keys(LOADERS).map((path) => path.slice(2, -3)).sort();

/** The topic's text, null where nobody wrote one. */
export async function helpOn(topic: string): Promise<Help | null> {
  const load = LOADERS[`./${topic}.ts`];
  return load === undefined ? null : (await load()).HELP;
}
