// The browser's entry: no Node import, no dependency, a few kilobytes.
export { type BrowserProbeOptions, createBrowserProbe } from "./browser/browser-probe.ts";
export {
  browserEnvironment,
  type PageSignal,
  type Poller,
  type PollerEnvironment,
  type PollerEvent,
  type PollerOptions,
  startPolling,
} from "./browser/poller.ts";
export { isStale } from "./browser/schedule.ts";
export { type HttpAnswer, parseHealth } from "./parse/parse-health.ts";
export type {
  HealthCheck,
  HealthFormat,
  HealthReport,
  HealthWarning,
  ParsedHealth,
  ProbeError,
  ProbeResult,
  ProbeTiming,
  Status,
} from "./types.ts";
