/** Keeps the choices of look and language on this device and puts them on the document. */
import { useCallback, useLayoutEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { LanguageContext } from "~/data/device_context";
import { PreferencesContext, type Preferences, type ThemeChoice } from "~/ui/preferences";
import type { Language } from "~/values/words";
import { applyMode, modeOf, type Mode } from "./theme";

const THEME_KEY = "yunfan.theme";
const LANGUAGE_KEY = "yunfan.language";
const DARK = "(prefers-color-scheme: dark)";

/** A kept choice; null where none was made, or where the browser keeps nothing. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Cookies are blocked: choices last as long as the page.
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch (refused) {
    console.info("the browser keeps no choices for this page", refused);
  }
}

/** The language of the first visit: the browser's, Chinese unless it clearly reads something else. */
export function firstLanguage(wanted: string | null, browser: readonly string[]): Language {
  if (wanted === "zh-CN" || wanted === "en") return wanted;
  return browser.length === 0 || browser.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh-CN" : "en";
}

export function firstTheme(wanted: string | null): ThemeChoice {
  return wanted === "light" || wanted === "dark" ? wanted : "system";
}

/** Light or dark as the system is set; follows it. */
function useSystemIsDark(): boolean {
  return useSyncExternalStore(
    (heard) => {
      const query = matchMedia(DARK);
      query.addEventListener("change", heard);
      return () => query.removeEventListener("change", heard);
    },
    () => matchMedia(DARK).matches,
  );
}

/** Language and theme for all that is inside; `children` are told the mode in force. */
export function PreferencesProvider({ children }: { readonly children: (mode: Mode) => ReactNode }): ReactNode {
  const [theme, setThemeState] = useState(() => firstTheme(kept(THEME_KEY)));
  const [language, setLanguageState] = useState(() => firstLanguage(kept(LANGUAGE_KEY), navigator.languages));
  const mode = modeOf(theme, useSystemIsDark());
  // Before the first picture, which would have no colours.
  useLayoutEffect(() => applyMode(mode), [mode]);
  useLayoutEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setTheme = useCallback((choice: ThemeChoice) => {
    keep(THEME_KEY, choice);
    setThemeState(choice);
  }, []);
  const setLanguage = useCallback((chosen: Language) => {
    keep(LANGUAGE_KEY, chosen);
    setLanguageState(chosen);
  }, []);
  const preferences = useMemo<Preferences>(() => ({ theme, language, setTheme, setLanguage }), [theme, language, setTheme, setLanguage]);
  return (
    <PreferencesContext value={preferences}>
      <LanguageContext value={language}>{children(mode)}</LanguageContext>
    </PreferencesContext>
  );
}
