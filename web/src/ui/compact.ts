/** How wide the screen is: phones, tablets and desktops have layouts of their own. */
import { useSyncExternalStore } from "react";

export type Width = "phone" | "tablet" | "desktop";

const PHONE = "(max-width: 767.98px)";
const BELOW_DESKTOP = "(max-width: 1199.98px)";

function listen(heard: () => void): () => void {
  const queries = [matchMedia(PHONE), matchMedia(BELOW_DESKTOP)];
  for (const query of queries) query.addEventListener("change", heard);
  return () => {
    for (const query of queries) query.removeEventListener("change", heard);
  };
}

function widthNow(): Width {
  if (matchMedia(PHONE).matches) return "phone";
  return matchMedia(BELOW_DESKTOP).matches ? "tablet" : "desktop";
}

/** "phone" below 768 CSS pixels, "tablet" below 1200, else "desktop"; follows the window. */
export function useWidth(): Width {
  return useSyncExternalStore(listen, widthNow, () => "desktop");
}

/** Whether the screen is a phone's (below 768 CSS pixels). */
export function useCompact(): boolean {
  return useWidth() === "phone";
}
