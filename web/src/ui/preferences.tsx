/** How the app looks and speaks on this device: chosen once, for everybody who uses it. */
import { createContext, useContext } from "react";
import type { Language } from "~/values/words";

export type ThemeChoice = "light" | "dark" | "system";

export interface Preferences {
  readonly theme: ThemeChoice;
  readonly language: Language;
  setTheme(choice: ThemeChoice): void;
  setLanguage(language: Language): void;
}

export const PreferencesContext = createContext<Preferences | null>(null);

/** The choices and how to change them. */
export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === null) throw new Error("a screen was shown outside of the app");
  return preferences;
}
