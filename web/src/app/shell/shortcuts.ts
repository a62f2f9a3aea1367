/** Keys that work everywhere: Ctrl-K (or ⌘K) searches, `/` too, `?` helps; the last two not while somebody types. */
import { useEffect } from "react";

interface Actions {
  readonly openSearch: () => void;
  readonly openHelp: () => void;
}

export function useShortcuts({ openSearch, openHelp }: Actions): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const action = shortcutOf(event, isTyping(event.target));
      if (action === null) return;
      event.preventDefault();
      if (action === "search") openSearch();
      else openHelp();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [openSearch, openHelp]);
}

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented">;

/** What a key means, null: nothing of ours. */
export function shortcutOf(event: Pressed, typing: boolean): "search" | "help" | null {
  if (event.defaultPrevented || event.altKey) return null;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "k") return "search";
  if (command || typing) return null;
  if (event.key === "/") return "search";
  return event.key === "?" || event.key === "？" ? "help" : null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select, [role=textbox], [role=combobox]") !== null);
}
