/** The offers under a cell while somebody types into it. */
import { useEffect, useLayoutEffect, useState, type ReactElement, type RefObject } from "react";
import { createPortal } from "react-dom";
import { useTexts } from "~/data/device_context";
import css from "./grid.module.css";
import type { GridRow, LookupOption } from "./model";
import { GRID_TEXTS } from "./texts";

/** Offers for a text; `ready` says whether they are those of this very text. */
export interface Offers<R extends GridRow> {
  readonly text: string;
  readonly options: readonly LookupOption<R>[];
}

/** Asks the column with each text; null while nothing is being typed. An answer to a former text is dropped. */
export function useOffers<R extends GridRow>(
  lookup: ((text: string) => Promise<readonly LookupOption<R>[]>) | undefined,
  text: string | null,
): { readonly offers: Offers<R> | null; readonly error: Error | null } {
  const [state, setState] = useState<{ offers: Offers<R> | null; error: Error | null }>({ offers: null, error: null });
  useEffect(() => {
    let wanted = true;
    if (lookup === undefined || text === null) {
      setState({ offers: null, error: null });
      return undefined;
    }
    lookup(text).then(
      (options) => wanted && setState({ offers: { text, options }, error: null }),
      (error: Error) => wanted && setState({ offers: null, error }),
    );
    return () => void (wanted = false);
  }, [lookup, text]);
  return state;
}

interface ListProps<R extends GridRow> {
  readonly id: string;
  readonly anchor: RefObject<HTMLElement | null>;
  readonly offers: Offers<R>;
  readonly chosen: number;
  readonly choose: (option: LookupOption<R>) => void;
}

const TALLEST = 288;

export function LookupList<R extends GridRow>({ id, anchor, offers, chosen, choose }: ListProps<R>): ReactElement | null {
  const t = useTexts(GRID_TEXTS);
  const [place, setPlace] = useState<{ left: number; top?: number; bottom?: number; width: number } | null>(null);
  useLayoutEffect(() => {
    const put = () => {
      const box = anchor.current?.getBoundingClientRect();
      if (box === undefined) return;
      const width = Math.max(box.width, 320);
      const left = Math.max(4, Math.min(box.left, innerWidth - width - 8));
      const below = innerHeight - box.bottom >= TALLEST || box.top < innerHeight - box.bottom;
      setPlace(below ? { left, top: box.bottom + 2, width } : { left, bottom: innerHeight - box.top + 2, width });
    };
    put();
    addEventListener("scroll", put, true);
    addEventListener("resize", put);
    return () => {
      removeEventListener("scroll", put, true);
      removeEventListener("resize", put);
    };
  }, [anchor, offers]);
  useEffect(() => {
    // Braces: newer browsers answer scrollIntoView with a promise, which is no clean-up.
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [id, chosen]);
  if (place === null) return null;
  return createPortal(
    <ul id={id} role="listbox" aria-label={t.offers(offers.options.length)} className={css["offers"]} style={{ ...place, maxHeight: TALLEST }}>
      {offers.options[0]?.alike === true ? (
        <li role="presentation" className={css["offerNone"]}>
          {t.alike}
        </li>
      ) : null}
      {offers.options.map((option, index) => (
        <li
          key={option.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className={`${css["offer"]} ${index === chosen ? css["offerOn"] : ""}`}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(option)}
        >
          <span className={css["offerLabel"]}>{option.label}</span>
          {option.detail === undefined ? null : <span className={css["offerDetail"]}>{option.detail}</span>}
        </li>
      ))}
      {offers.options.length === 0 ? <li className={css["offerNone"]}>{t.nothing}</li> : null}
    </ul>,
    document.body,
  );
}
