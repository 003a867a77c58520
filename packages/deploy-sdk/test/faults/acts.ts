// For every method of the table, something that the SDK does and that calls it, as small as it can be.
import type { Stack } from "@slipway/config";
import type { GoogleTarget } from "../../src/google/create-target.ts";
import type { Action } from "../../src/provision/provision-types.ts";
import type { Call } from "../../src/target.ts";
import type { Runtime } from "../../src/types.ts";
import type { Method } from "./fault-table.ts";
import { platformActs } from "./platform-acts.ts";
import { runActs } from "./run-acts.ts";
import { storageActs } from "./storage-acts.ts";

/** Where a fault strikes: a caller of its own, and a project of its own beside the one that a whole life has filled. */
export type Place = {
  /** Unique; whatever is made is named for it. */
  readonly id: string;
  /** Of a project in which nothing is yet. */
  readonly stack: Stack;
  readonly target: GoogleTarget;
  /** What a whole life has left, asked by the same caller. */
  readonly shop: { readonly stack: Stack; readonly target: GoogleTarget };
  readonly call: Call;
  readonly runtime: Runtime;
  /** Does a step of provisioning, in the own project or the shop's. */
  readonly perform: (action: Action, where?: "own" | "shop") => Promise<unknown>;
  /** Releases units of the own project, whose containers are of this version. */
  readonly release: (version: string, ...units: readonly string[]) => Promise<void>;
  /** A folder with one file. */
  readonly folder: string;
};

export type Act =
  /** Answers the same as without a fault. */
  | { readonly reads: (place: Place) => Promise<unknown> }
  | {
      /** Before the fault is ordered. */
      readonly before?: (place: Place) => Promise<unknown>;
      /** May be done again. */
      readonly does: (place: Place) => Promise<unknown>;
      /** One at a time among all such: what it works on does one thing at a time, and refuses others meanwhile. */
      readonly alone?: boolean;
      /** How often what it is to make is there. */
      readonly made: (place: Place) => Promise<number>;
      /** Takes away what would go on running. */
      readonly after?: (place: Place) => Promise<unknown>;
    };

export const acts: Readonly<Record<Method, Act>> = { ...storageActs, ...platformActs, ...runActs };
