/** Small choices of a member on this device: columns, searches, what was looked at. They lie with the account and go with it. */
import { useCallback, useSyncExternalStore } from "react";
import type { KeptHere } from "~/device/api";
import type { Json } from "~/values/json";
import { useDevice } from "./device_context";

const PREFIX = "choice ";

/** All of them in memory: a list does not wait for the disk to know its columns. */
class Choices {
  readonly #values = new Map<string, Json>();
  readonly #listeners = new Set<() => void>();

  constructor(readonly kept: KeptHere) {
    kept.under(PREFIX).then(
      (found) => {
        // What was chosen meanwhile is newer.
        for (const [name, value] of found) if (!this.#values.has(name)) this.#values.set(name, value);
        this.#tell();
      },
      (refused: unknown) => console.info("the browser keeps no choices for this page", refused),
    );
  }

  get(name: string): Json {
    return this.#values.get(name) ?? null;
  }

  set(name: string, value: Json): void {
    this.#values.set(name, value);
    this.#tell();
    this.kept.write(PREFIX + name, value).catch((refused: unknown) => console.info("the browser keeps no choices for this page", refused));
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  #tell(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }
}

const CHOICES = new WeakMap<KeptHere, Choices>();

function choicesIn(kept: KeptHere): Choices {
  const found = CHOICES.get(kept) ?? new Choices(kept);
  CHOICES.set(kept, found);
  return found;
}

/** As useState, kept under `name` for this member. `otherwise` has to be the same object each time; null: back to it. */
export function useKeptHere<T extends Json>(name: string, otherwise: T): [T, (value: T | null) => void] {
  const choices = choicesIn(useDevice().kept);
  const kept = useSyncExternalStore(choices.listen, () => choices.get(name));
  const set = useCallback((value: T | null) => choices.set(name, value), [choices, name]);
  return [kept === null ? otherwise : (kept as T), set];
}
