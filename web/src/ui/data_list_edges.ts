/** Where a list ends: with the window below, and with a hint at the right where there is more of it. */
import { useEffect, useLayoutEffect, useState, type RefObject } from "react";

/** How high the list may be so that it ends with the window. */
export function useRestOfWindow(of: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(480);
  useLayoutEffect(() => {
    const measure = (): void => {
      const top = of.current?.getBoundingClientRect().top ?? 0;
      setHeight(Math.max(240, Math.round(innerHeight - top - 24)));
    };
    measure();
    addEventListener("resize", measure);
    const above = new ResizeObserver(measure);
    // What stands above the list grows and shrinks: chips of filters, a bar for the selection.
    const around = of.current?.parentElement?.parentElement?.parentElement;
    if (around) above.observe(around);
    return () => {
      removeEventListener("resize", measure);
      above.disconnect();
    };
  }, [of]);
  return height;
}

/** Says on the list's frame that there are columns beyond its right edge, which the style sheet shows. Nothing is drawn anew. */
export function useMoreBeyond(scroller: RefObject<HTMLElement | null>, template: string): void {
  useEffect(() => {
    const list = scroller.current;
    const frame = list?.parentElement;
    if (!list || !frame) return undefined;
    let beyond = 0;
    const tell = (): void => void frame.toggleAttribute("data-more", list.scrollLeft < beyond - 1);
    const measure = (): void => {
      beyond = list.scrollWidth - list.clientWidth;
      // The edge lies beside the scroll bar.
      frame.style.setProperty("--bar", `${list.offsetWidth - list.clientWidth}px`);
      tell();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    list.addEventListener("scroll", tell, { passive: true });
    return () => {
      observer.disconnect();
      list.removeEventListener("scroll", tell);
    };
  }, [scroller, template]);
}
