import { useCallback, useEffect, useState } from "react";
import { type ConfigResult, loadConfig } from "./load-config.ts";

/** Loads `/config.json`, again on `reload` and when the network comes back. `result` is absent until the first answer. */
export const useConfig = () => {
  const [result, setResult] = useState<ConfigResult>();
  const [attempt, setAttempt] = useState(0);
  const [isLoading, setIsLoading] = useState(true);
  useEffect(() => {
    const controller = new AbortController();
    setIsLoading(true);
    loadConfig(controller.signal).then(
      (loaded) => {
        setResult(loaded);
        setIsLoading(false);
      },
      () => undefined,
    );
    return () => controller.abort();
  }, [attempt]);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  const needsNetwork = result?.kind === "problem";
  useEffect(() => {
    if (!needsNetwork) return;
    window.addEventListener("online", reload);
    return () => window.removeEventListener("online", reload);
  }, [needsNetwork, reload]);
  return { result, isLoading, reload };
};
