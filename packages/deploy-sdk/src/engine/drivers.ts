// Drivers have observations and steps of their own types; the engine sees a unit that is ready to be applied.
import type { Unit, UnitKind } from "@slipway/config";
import type { Target } from "../target.ts";
import type { ReleaseContext, UnitDriver, UnitOutcome, UnitPlan } from "../types.ts";

type UnitOf<Kind extends UnitKind> = Extract<Unit, { kind: Kind }>;

/** A unit that has been observed and planned. */
export type PreparedUnit = {
  readonly plan: UnitPlan;
  readonly apply: (context: ReleaseContext) => Promise<UnitOutcome>;
  readonly verify: (outcome: UnitOutcome, context: ReleaseContext) => Promise<UnitOutcome>;
  /** The outcome of what is live already; only where the plan changes nothing. */
  readonly current: () => UnitOutcome;
};

export type PrepareUnit<Kind extends UnitKind> = (
  unit: UnitOf<Kind>,
  target: Target,
  context: ReleaseContext,
) => Promise<PreparedUnit>;

/** What releases each kind of unit. */
export type Drivers = { readonly [Kind in UnitKind]: PrepareUnit<Kind> };

/** A plan of `driver`, ready to be applied by it. */
export const preparedOf = <Kind extends UnitKind, Observed, Steps>(
  driver: UnitDriver<Kind, Target, Observed, Steps>,
  plan: UnitPlan<Kind, Steps>,
  target: Target,
): PreparedUnit => ({
  plan,
  apply: (context) => driver.apply(plan, target, context),
  verify: (outcome, context) => driver.verify(plan, outcome, target, context),
  current: () => driver.current(plan),
});

export const prepareWith =
  <Kind extends UnitKind, Observed, Steps>(driver: UnitDriver<Kind, Target, Observed, Steps>): PrepareUnit<Kind> =>
  async (unit, target, context) =>
    preparedOf(driver, driver.plan(unit, await driver.observe(unit, target, context), context), target);

/** Observes and plans `unit` with the driver of its kind. */
export function prepareUnit(
  drivers: Drivers,
  unit: Unit,
  target: Target,
  context: ReleaseContext,
): Promise<PreparedUnit> {
  switch (unit.kind) {
    case "image":
      return drivers.image(unit, target, context);
    case "job":
      return drivers.job(unit, target, context);
    case "service":
      return drivers.service(unit, target, context);
    case "worker":
      return drivers.worker(unit, target, context);
    case "site":
      return drivers.site(unit, target, context);
  }
}
