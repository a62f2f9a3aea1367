/** The member's device and language, to every screen. */
import { createContext, useContext, useMemo } from "react";
import type { Device } from "~/device/api";
import { inLanguage, type Language, type Texts } from "~/values/words";

export const DeviceContext = createContext<Device | null>(null);
export const LanguageContext = createContext<Language>("zh-CN");

/** The device of the signed-in member; screens behind the sign-in always have one. */
export function useDevice(): Device {
  const device = useContext(DeviceContext);
  if (device === null) throw new Error("a screen behind the sign-in was shown without a device");
  return device;
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** A screen's texts in the reader's language. */
export function useTexts<T extends Texts>(texts: T): ReturnType<typeof inLanguage<T>> {
  const language = useLanguage();
  return useMemo(() => inLanguage(texts, language), [texts, language]);
}
