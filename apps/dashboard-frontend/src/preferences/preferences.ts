import { isLanguage, type Language } from "../texts/texts.ts";

export type Theme = "auto" | "light" | "dark";

export type Preferences = {
  readonly language: Language;
  readonly theme: Theme;
  /** Single-key shortcuts (WCAG 2.1.4: they can be turned off). */
  readonly shortcuts: boolean;
};

/** Also read by the inline script of index.html. */
const storageKey = "preferences";

export const isTheme = (value: unknown): value is Theme => value === "auto" || value === "light" || value === "dark";

/** Pure. What is not understood falls back, one by one. */
export const parsePreferences = (stored: string | null, browserLanguage: string): Preferences => {
  let value: Partial<Record<keyof Preferences, unknown>> = {};
  try {
    value = Object(JSON.parse(stored ?? "{}")) as typeof value;
  } catch {
    // Not ours: as if nothing were stored.
  }
  return {
    language: isLanguage(value.language) ? value.language : browserLanguage.startsWith("ru") ? "ru" : "en",
    theme: isTheme(value.theme) ? value.theme : "auto",
    shortcuts: value.shortcuts !== false,
  };
};

export const loadPreferences = (): Preferences => {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(storageKey);
  } catch {
    // Storage can be blocked: the page works without.
  }
  return parsePreferences(stored, navigator.language);
};

export const savePreferences = (preferences: Preferences): void => {
  try {
    localStorage.setItem(storageKey, JSON.stringify(preferences));
  } catch {
    // As above.
  }
};
