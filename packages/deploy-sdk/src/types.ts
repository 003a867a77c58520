// The vocabulary that the stages share: config → observe → plan → apply → verify → report.
import type { Stack, Unit, UnitKind } from "@slipway/config";
import type { DeployError } from "./deploy-error.ts";

export type ChangeKind = "create" | "update" | "replace" | "delete" | "keep";

/** One line of a plan: `~ update service botbalance-api` with what changes. Serialisable; holds no secret. */
export type Change = {
  readonly kind: ChangeKind;
  readonly resource: string;
  /** `image: sha256:12ab… → sha256:9f2c…` */
  readonly details: readonly string[];
};

/** What a unit's planner returns: serialisable, and all that its `apply` is given. `noop` when every change is `keep`. */
export type UnitPlan<Kind extends UnitKind = UnitKind, Steps = unknown> = {
  readonly kind: Kind;
  readonly unit: string;
  readonly changes: readonly Change[];
  readonly noop: boolean;
  readonly steps: Steps;
};

/** What is now live of a unit, kept in the release's record so that it can be brought back without a build. */
export type UnitOutcome = {
  /** Digest, revision or site manifest that identifies what was released. */
  readonly version: string;
  /** Enough to plan a rollback to it: kind-specific, JSON, without secrets. */
  readonly state: unknown;
  readonly url?: string;
};

export type Commit = { readonly sha: string; readonly dirty: boolean };

export type DeployEvent =
  | { readonly type: "plan"; readonly unit: string; readonly changes: readonly Change[] }
  | { readonly type: "unit-start"; readonly unit: string; readonly kind: UnitKind }
  | {
      readonly type: "progress";
      readonly unit: string;
      readonly label: string;
      readonly done: number;
      /** 0: not known. */
      readonly total: number;
      readonly bytesDone?: number;
      readonly bytesTotal?: number;
    }
  | { readonly type: "log"; readonly unit: string; readonly line: string }
  /** Something that cannot be taken for undone has happened: `revision botbalance-api-mb2k3x9q-1 is ready`. Kept in the journal. */
  | { readonly type: "step"; readonly unit: string; readonly message: string }
  | { readonly type: "warning"; readonly unit?: string; readonly message: string; readonly hint?: string }
  | { readonly type: "unit-done"; readonly unit: string; readonly result: UnitResult };

export type UnitResult =
  | { readonly unit: string; readonly status: "unchanged"; readonly version: string; readonly url?: string }
  | {
      readonly unit: string;
      readonly status: "released";
      readonly version: string;
      readonly url?: string;
      readonly tookMs: number;
    }
  | { readonly unit: string; readonly status: "planned"; readonly changes: readonly Change[] }
  | { readonly unit: string; readonly status: "failed"; readonly error: DeployError; readonly rolledBack: boolean }
  | { readonly unit: string; readonly status: "skipped"; readonly because: string };

/** Time, randomness and the way out, given in so that tests can give their own. */
export type Runtime = {
  readonly now: () => Date;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** What every stage of a unit is given. */
export type ReleaseContext = {
  readonly stack: Stack;
  /** Absolute path of the workspace: sources and builds are read below it. */
  readonly workspace: string;
  readonly releaseId: string;
  readonly commit: Commit;
  /** Releases what is as it should be once more. */
  readonly force?: boolean;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly emit: (event: DeployEvent) => void;
};

/** The same four stages for every kind of unit. `plan` is pure and synchronous. */
export type UnitDriver<Kind extends UnitKind, Target, Observed, Steps> = {
  readonly observe: (unit: Extract<Unit, { kind: Kind }>, target: Target, context: ReleaseContext) => Promise<Observed>;
  readonly plan: (
    unit: Extract<Unit, { kind: Kind }>,
    observed: Observed,
    context: ReleaseContext,
  ) => UnitPlan<Kind, Steps>;
  readonly apply: (plan: UnitPlan<Kind, Steps>, target: Target, context: ReleaseContext) => Promise<UnitOutcome>;
  /** @returns the outcome as it was verified: with the address at which it was */
  readonly verify: (
    plan: UnitPlan<Kind, Steps>,
    outcome: UnitOutcome,
    target: Target,
    context: ReleaseContext,
  ) => Promise<UnitOutcome>;
  /** The outcome of what is already live, for a plan that changes nothing. */
  readonly current: (plan: UnitPlan<Kind, Steps>) => UnitOutcome;
};
