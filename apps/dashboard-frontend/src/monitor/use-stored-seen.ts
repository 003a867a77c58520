import { useEffect } from "react";
import type { Monitor } from "./monitor.ts";
import { formatSeen, parseSeen, type Seen } from "./seen.ts";

/** The number is the format's: an older page leaves alone what a newer one keeps. */
const keyOf = (apiUrl: string): string => `seen-1:${apiUrl}`;

const parse = (stored: string | null): Seen => parseSeen(stored, { at: performance.now(), date: Date.now() });

const read = (apiUrl: string): string | null => {
  try {
    return localStorage.getItem(keyOf(apiUrl));
  } catch {
    return null;
  }
};

const write = (apiUrl: string, text: string): void => {
  try {
    localStorage.setItem(keyOf(apiUrl), text);
  } catch {
    // Storage can be blocked or full: the page works without.
  }
};

/** Keeps incidents and deployments over a reload, and hands over what this browser saw before, in other tabs too. */
export const useStoredSeen = (
  apiUrl: string | undefined,
  { incidents, deployments, last }: Monitor,
  onSeen: (seen: Seen) => void,
): void => {
  useEffect(() => {
    if (apiUrl === undefined) return;
    onSeen(parse(read(apiUrl)));
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key === keyOf(apiUrl)) onSeen(parse(newValue));
    };
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, [apiUrl, onSeen]);
  useEffect(() => {
    // Before the first check this page knows nothing that is not kept already.
    if (apiUrl !== undefined && last) write(apiUrl, formatSeen({ incidents, deployments }, Date.now()));
  }, [apiUrl, incidents, deployments, last]);
};
