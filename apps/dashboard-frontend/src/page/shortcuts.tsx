import { useCallback, useEffect, useMemo, useState } from "react";
import { useLocale } from "../preferences/locale.tsx";
import type { Preferences } from "../preferences/preferences.ts";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

/** Single keys, while they are on, nothing is typed, no dialog is open and no modifier is held. */
const useKeys = (enabled: boolean, keys: Readonly<Record<string, () => void>>) => {
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
      const isModified = event.ctrlKey || event.metaKey || event.altKey;
      if (!action || isModified || event.repeat || isTyping(event.target) || document.querySelector("dialog[open]"))
        return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [enabled, keys]);
};

type ShortcutsProps = {
  readonly preferences: Preferences;
  readonly onChoose: (choice: Partial<Preferences>) => void;
  readonly onCheck: () => void;
};

/** The keys, and the button that shows them: where keys are off it is the way to turn them on again. */
export const Shortcuts = ({ preferences, onChoose, onCheck }: ShortcutsProps) => {
  const { texts } = useLocale();
  const [isShown, setIsShown] = useState(false);
  const show = useCallback(() => setIsShown(true), []);
  useKeys(
    preferences.shortcuts,
    useMemo(() => ({ r: onCheck, "?": show }), [onCheck, show]),
  );
  return (
    <>
      <button type="button" className="button quiet" onClick={show}>
        {texts.keyboard}
      </button>
      {isShown && (
        <ShortcutsDialog
          enabled={preferences.shortcuts}
          onEnable={(shortcuts) => onChoose({ shortcuts })}
          onClose={() => setIsShown(false)}
        />
      )}
    </>
  );
};
