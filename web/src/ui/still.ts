/** Whether the person has asked their system for things that do not move. */
import { useSyncExternalStore } from "react";

let asked: MediaQueryList | null = null;

function media(): MediaQueryList {
  asked ??= matchMedia("(prefers-reduced-motion: reduce)");
  return asked;
}

function listen(heard: () => void): () => void {
  const query = media();
  query.addEventListener("change", heard);
  return () => query.removeEventListener("change", heard);
}

export function useStill(): boolean {
  return useSyncExternalStore(listen, () => media().matches, () => false);
}
