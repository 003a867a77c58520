import { useCallback, useLayoutEffect, useState } from "react";
import { loadPreferences, type Preferences, savePreferences } from "./preferences.ts";

/** The reader's choices, kept in this browser, and applied to the document: `lang`, `data-theme`. */
export const usePreferences = () => {
  const [preferences, setPreferences] = useState(loadPreferences);
  const { language, theme } = preferences;
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset["theme"] = theme;
  }, [language, theme]);
  const choose = useCallback((choice: Partial<Preferences>) => {
    setPreferences((before) => {
      const after = { ...before, ...choice };
      savePreferences(after);
      return after;
    });
  }, []);
  return { preferences, choose };
};
