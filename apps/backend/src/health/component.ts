// One component of the service, looked at: from a probe that resolves or throws to a check of the health format.
import { withDeadline } from "../process/deadline.ts";
import { describeFailure } from "../process/describe-failure.ts";
import { singleFlight } from "./single-flight.ts";

export type Status = "pass" | "warn" | "fail";

/** A check of draft-inadarei-api-health-check-06, with `critical` and `latency_ms` beside its fields. */
export type Check = {
  readonly componentId: string;
  readonly componentType: "datastore" | "component";
  readonly status: Status;
  /** Whether the service is down without it. */
  readonly critical: boolean;
  readonly latency_ms: number;
  readonly observedValue: number | string;
  readonly observedUnit: string;
  /** When it was looked at: an answer may be some seconds old. */
  readonly time: string;
  readonly output?: string;
};

export type Component = {
  readonly id: string;
  readonly type: Check["componentType"];
  readonly critical: boolean;
  /** The variable without which there is no such component. */
  readonly configuredBy: string;
  /** Throws when the component is not well; undefined where it is not configured. */
  readonly probe: (() => Promise<void>) | undefined;
  readonly timeoutMs: number;
  /** How long an answer is good for. */
  readonly ttlMs: { readonly pass: number; readonly fail: number };
};

/** What a probe throws whose text may be shown to anyone. */
export class ProbeFailure extends Error {}

export type Clock = { readonly now: () => Date; readonly monotonicMs: () => number };
export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

export type ObserveCheck = () => Promise<Check>;

/**
 * Looks at a component when asked, not more often than its time to live, never twice at once.
 * @param onLook is told the outcome of each look: the error, or undefined.
 */
export function observeComponent(
  component: Component,
  clock: Clock,
  onLook: (component: Component, error: unknown) => void,
): ObserveCheck {
  const { probe } = component;
  if (!probe) return async () => notConfigured(component, clock);
  return singleFlight(
    async () => {
      const time = clock.now().toISOString();
      const start = clock.monotonicMs();
      const error = await withDeadline(probe(), component.timeoutMs).then(
        () => undefined,
        (reason: unknown) => reason ?? new Error("rejected with nothing"),
      );
      onLook(component, error);
      const latency = Math.round(10 * (clock.monotonicMs() - start)) / 10;
      return {
        ...identity(component),
        status: error === undefined ? "pass" : "fail",
        latency_ms: latency,
        observedValue: latency,
        observedUnit: "ms",
        time,
        ...(error !== undefined && { output: outputOf(error) }),
      };
    },
    ({ status }) => (status === "pass" ? component.ttlMs.pass : component.ttlMs.fail),
    clock.monotonicMs,
  );
}

const identity = ({ id, type, critical }: Component) => ({ componentId: id, componentType: type, critical }) as const;

const outputOf = (error: unknown): string => (error instanceof ProbeFailure ? error.message : describeFailure(error));

/** Neither well nor broken: a service without a critical component cannot serve, without another it says so. */
const notConfigured = (component: Component, clock: Clock): Check => ({
  ...identity(component),
  status: component.critical ? "fail" : "warn",
  latency_ms: 0,
  observedValue: "not configured",
  observedUnit: "state",
  time: clock.now().toISOString(),
  output: `not configured: ${component.configuredBy} is not set`,
});
