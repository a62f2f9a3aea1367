/** How wide the screen is: phones, tablets and desktops have layouts of their own. */
import { useSyncExternalStore } from "react";

export type Width = "phone" | "tablet" | "desktop";

const PHONE = "(max-width: 767.98px)";
const BELOW_DESKTOP = "(max-width: 1199.98px)";

interface Asked {
  readonly phone: MediaQueryList;
  readonly belowDesktop: MediaQueryList;
}

let asked: Asked | null = null;

/** Asked for once: many components want to know with every drawing, and a new query costs each of them. */
function media(): Asked {
  asked ??= { phone: matchMedia(PHONE), belowDesktop: matchMedia(BELOW_DESKTOP) };
  return asked;
}

function listen(heard: () => void): () => void {
  const queries = Object.values(media()) as readonly MediaQueryList[];
  for (const query of queries) query.addEventListener("change", heard);
  return () => {
    for (const query of queries) query.removeEventListener("change", heard);
  };
}

function widthNow(): Width {
  const { phone, belowDesktop } = media();
  if (phone.matches) return "phone";
  return belowDesktop.matches ? "tablet" : "desktop";
}

/** "phone" below 768 CSS pixels, "tablet" below 1200, else "desktop"; follows the window. */
export function useWidth(): Width {
  return useSyncExternalStore(listen, widthNow, () => "desktop");
}

/** Whether the screen is a phone's (below 768 CSS pixels). */
export function useCompact(): boolean {
  return useWidth() === "phone";
}
