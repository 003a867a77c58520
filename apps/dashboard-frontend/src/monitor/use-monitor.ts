import { createBrowserProbe, type Poller, type PollerEvent, startPolling } from "@slipway/health-client/browser";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { emptyMonitor, type Monitor, withEvent } from "./monitor.ts";

/** Longer than the API gives a worker's round trip. The texts name it: "No reply within 5 s". */
export const probeTimeoutMs = 5_000;

type Dated = { readonly event: PollerEvent; readonly date: number };

const reduce = (monitor: Monitor, { event, date }: Dated): Monitor => withEvent(monitor, event, date);

/** Polls the API's detailed health for as long as the component lives, once it is known where the API is. */
export const useMonitor = (
  apiUrl: string | undefined,
): { readonly monitor: Monitor; readonly checkNow: () => void } => {
  const [monitor, dispatch] = useReducer(reduce, emptyMonitor);
  const poller = useRef<Poller>(undefined);
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
  const checkNow = useCallback(() => poller.current?.pollNow(), []);
  return { monitor, checkNow };
};
