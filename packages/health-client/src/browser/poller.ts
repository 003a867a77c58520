import type { ProbeResult } from "../types.ts";
import { createSchedule, nextPoll, withAttention, withResult } from "./schedule.ts";

/** What happens to a page: it is shown or hidden, its network comes or goes. */
export type PageSignal = "visible" | "hidden" | "online" | "offline";

/** Time, chance and the page, given in so that tests can give their own. */
export type PollerEnvironment = {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Returns what cancels it. */
  readonly setTimer: (callback: () => void, ms: number) => () => void;
  readonly isHidden: () => boolean;
  /** Returns what unsubscribes. */
  readonly subscribe: (listener: (signal: PageSignal) => void) => () => void;
};

/** Times are the environment's. `nextAt` is absent while nothing is planned: hidden, or offline until the network is back. */
export type PollerEvent =
  | { readonly type: "probing"; readonly at: number }
  | {
      readonly type: "result";
      readonly at: number;
      readonly result: ProbeResult;
      readonly intervalMs: number;
      readonly nextAt?: number;
    }
  | { readonly type: "paused"; readonly at: number };

export type Poller = {
  /** At once, unless a probe is under way. */
  readonly pollNow: () => void;
  /** For good: the probe under way is aborted and nothing is told of it. */
  readonly stop: () => void;
};

export type PollerOptions = {
  /** Never rejects. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeResult>;
  readonly onEvent: (event: PollerEvent) => void;
  readonly environment?: PollerEnvironment;
};

export const browserEnvironment = (): PollerEnvironment => ({
  now: () => performance.now(),
  random: Math.random,
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  isHidden: () => document.hidden,
  subscribe: (listener) => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    document.addEventListener("visibilitychange", () => listener(document.hidden ? "hidden" : "visible"), options);
    window.addEventListener("online", () => listener("online"), options);
    window.addEventListener("offline", () => listener("offline"), options);
    return () => controller.abort();
  },
});

const isOffline = (result: ProbeResult): boolean => result.kind === "error" && result.error === "offline";

/** Starts to poll at once: one probe at a time, no hedging. */
export const startPolling = ({ probe, onEvent, environment = browserEnvironment() }: PollerOptions): Poller => {
  const { now, random, setTimer, isHidden, subscribe } = environment;
  const controller = new AbortController();
  let schedule = createSchedule(now());
  let cancelTimer: (() => void) | undefined;
  let probing = false;
  // Something happened during a probe that its answer may not know of.
  let again = false;

  const plan = (delayMs: number): { nextAt?: number } => {
    if (isHidden()) return {};
    cancelTimer = setTimer(pollNow, delayMs);
    return { nextAt: now() + delayMs };
  };

  const finish = (result: ProbeResult) => {
    if (controller.signal.aborted) return;
    probing = false;
    const at = now();
    schedule = withResult(schedule, result, at);
    const next = nextPoll(schedule, at, random());
    const repeat = again && !isHidden();
    again = false;
    const planned = repeat || isOffline(result) ? {} : plan(next.delayMs);
    onEvent({ type: "result", at, result, intervalMs: next.intervalMs, ...planned });
    if (repeat) pollNow();
  };

  const pollNow = () => {
    if (probing || controller.signal.aborted) return;
    cancelTimer?.();
    probing = true;
    onEvent({ type: "probing", at: now() });
    void probe(controller.signal).then(finish);
  };

  const onSignal = (signal: PageSignal) => {
    if (signal === "hidden") {
      cancelTimer?.();
      onEvent({ type: "paused", at: now() });
      return;
    }
    if (signal === "visible") schedule = withAttention(schedule, now());
    // The network came or went: losing it is probed too, the service may be on this machine.
    else if (probing) again = true;
    pollNow();
  };

  const unsubscribe = subscribe(onSignal);
  pollNow();
  return {
    pollNow: () => {
      schedule = withAttention(schedule, now());
      pollNow();
    },
    stop: () => {
      controller.abort();
      cancelTimer?.();
      unsubscribe();
    },
  };
};
