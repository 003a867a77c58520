import { useEffect, useState } from "react";
import { dayOf, type History, parseHistory } from "./history.ts";
import { historyKey, storeHistory } from "./history-storage.ts";

/**
 * Stores `history` whenever a check has added to it, and hands over what else this browser has seen, in other tabs too. Returns
 * whether this browser keeps it.
 */
export const useStoredHistory = (
  apiUrl: string | undefined,
  history: History,
  onFound: (history: History) => void,
): boolean => {
  const [isKept, setIsKept] = useState(true);
  useEffect(() => {
    if (apiUrl === undefined) return;
    const stored = storeHistory(apiUrl, history, dayOf(Date.now()));
    setIsKept(stored !== undefined);
    if (stored) onFound(stored);
  }, [apiUrl, history, onFound]);
  useEffect(() => {
    if (apiUrl === undefined) return;
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key === historyKey(apiUrl)) onFound(parseHistory(newValue));
    };
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, [apiUrl, onFound]);
  return isKept;
};
