import { createBrowserProbe, type Poller, type PollerEvent, startPolling } from "@slipway/health-client/browser";
import { useCallback, useEffect, useReducer, useRef } from "react";
import type { History } from "./history.ts";
import { emptyMonitor, type Monitor, withEvent, withHistory } from "./monitor.ts";
import { type Seen, withSeen } from "./seen.ts";
import { useStoredHistory } from "./use-stored-history.ts";
import { useStoredSeen } from "./use-stored-seen.ts";

/** Longer than the API gives a worker's round trip. The texts name it: "No reply within 5 s". */
export const probeTimeoutMs = 5_000;

type Action =
  | { readonly event: PollerEvent; readonly date: number }
  | { readonly found: History }
  | { readonly seen: Seen };

const reduce = (monitor: Monitor, action: Action): Monitor => {
  if ("found" in action) return withHistory(monitor, action.found);
  return "seen" in action ? withSeen(monitor, action.seen) : withEvent(monitor, action.event, action.date);
};

type Monitoring = {
  readonly monitor: Monitor;
  /** Whether this browser keeps the history. */
  readonly isKept: boolean;
  readonly checkNow: () => void;
};

/** Polls the API's detailed health for as long as the component lives, once it is known where the API is. */
export const useMonitor = (apiUrl: string | undefined): Monitoring => {
  const [monitor, dispatch] = useReducer(reduce, emptyMonitor);
  const poller = useRef<Poller>(undefined);
  const onSeen = useCallback((seen: Seen) => dispatch({ seen }), []);
  useStoredSeen(apiUrl, monitor, onSeen);
  useEffect(() => {
    if (apiUrl === undefined) return;
    const started = startPolling({
      probe: createBrowserProbe(`${apiUrl}/api/health/detailed`, { timeoutMs: probeTimeoutMs }),
      onEvent: (event) => {
        // The browser keeps 250 of its timings and then no more.
        if (event.type === "result") performance.clearResourceTimings();
        dispatch({ event, date: Date.now() });
      },
    });
    poller.current = started;
    return () => started.stop();
  }, [apiUrl]);
  const onFound = useCallback((found: History) => dispatch({ found }), []);
  const isKept = useStoredHistory(apiUrl, monitor.history, onFound);
  const checkNow = useCallback(() => poller.current?.pollNow(), []);
  return { monitor, isKept, checkNow };
};
