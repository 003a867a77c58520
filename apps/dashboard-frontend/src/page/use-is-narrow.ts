import { useSyncExternalStore } from "react";

/** As in the style sheets. */
const narrow = "(max-width: 47.5rem)";

const subscribe = (listener: () => void) => {
  const query = matchMedia(narrow);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
};

export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(narrow).matches);
