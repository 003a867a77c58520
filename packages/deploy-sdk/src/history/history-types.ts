import type { Stack, UnitKind } from "@slipway/config";
import type { ReleaseEntry } from "../engine/records.ts";
import type { Share, Target } from "../target.ts";
import type { Runtime } from "../types.ts";

/** What every question about an environment is asked with. */
export type InspectOptions = {
  readonly stack: Stack;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
};

export type UnitStatus = {
  readonly unit: string;
  readonly kind: UnitKind;
  /** `serving`: its newest release serves whole. `mixed`: several revisions share. `drifted`: what serves is in no record. */
  readonly state: "serving" | "mixed" | "drifted" | "failed" | "absent";
  /** Revision, execution, digest or site manifest that serves. */
  readonly version: string | undefined;
  readonly url: string | undefined;
  /** Of the release that put it there, where a record tells. */
  readonly release: string | undefined;
  readonly commit: string | undefined;
  readonly dirty: boolean;
  /** ISO 8601. */
  readonly since: string | undefined;
  readonly by: string | undefined;
  /** Read back from what serves. */
  readonly traffic: readonly Share[];
  /** Why it is not ready. */
  readonly message: string | undefined;
};

/** One release, with an entry for each unit it did anything to. */
export type ReleaseSummary = {
  readonly releaseId: string;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
  readonly dirty: boolean;
  readonly by: string;
  readonly entries: readonly ReleaseEntry[];
};
