import { formatHistory, type History, mergeHistories, parseHistory, pruneHistory } from "./history.ts";

/** The number is the format's: an older page leaves a newer one's history alone. */
export const historyKey = (apiUrl: string): string => `history-1:${apiUrl}`;

/**
 * Adds `seen` to what is stored and returns both; `undefined` when this browser keeps nothing. Another tab may write between
 * the read and the write: what it wrote it still has, and adds again.
 */
export const storeHistory = (apiUrl: string, seen: History, today: string): History | undefined => {
  const key = historyKey(apiUrl);
  try {
    const stored = parseHistory(localStorage.getItem(key));
    const merged = pruneHistory(mergeHistories(stored, seen), today);
    if (merged !== stored) localStorage.setItem(key, formatHistory(merged));
    return merged;
  } catch {
    // Storage can be blocked or full: the page works without.
    return undefined;
  }
};
