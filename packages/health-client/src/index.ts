export { createGate, type Gate, type GateRule, withProbe } from "./gate/gate.ts";
export { type GateRejection, type GateVerdict, judgeProbe } from "./gate/judge-probe.ts";
export { type GateResult, type RunGateOptions, runGate } from "./gate/run-gate.ts";
export {
  createSprt,
  defaultSprtRule,
  type Sprt,
  type SprtDecision,
  type SprtRule,
  type SprtTick,
  withTick,
} from "./gate/sprt.ts";
export { HealthClientError, type HealthClientErrorCode } from "./health-client-error.ts";
export { createHealthClient, type HealthClient, type HealthClientOptions, probeHealth } from "./node/health-client.ts";
export { type HttpAnswer, parseHealth } from "./parse/parse-health.ts";
export {
  type EmittedStatus,
  type HealthDocument,
  type HealthDocumentCheck,
  healthDocumentIssues,
  isHealthDocument,
} from "./schema.ts";
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
