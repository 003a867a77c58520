// What provisioning sees, decides and reports.
import type { Database, Redis, Secret, ServiceUnit } from "@slipway/config";
import type { DeployError, ExitCode } from "../deploy-error.ts";
import type { Change } from "../types.ts";
import type { BucketPatch, BucketSpec, LiveBucket } from "./buckets.ts";
import type { LiveDatabase } from "./cloud-sql.ts";
import type { Guarded } from "./grants.ts";
import type { LiveRedis } from "./memorystore.ts";
import type { Binding, Policy } from "./policy.ts";

/** Everything that exists of what the stack needs. `undefined` stands for what does not. */
export type Observed = {
  readonly apis: ReadonlySet<string>;
  readonly buckets: ReadonlyMap<string, LiveBucket | undefined>;
  /** undefined: there is none. `deletes`: a clean-up policy of somebody's removes images. */
  readonly repository: { readonly deletes: boolean } | undefined;
  /** Emails of the accounts that exist. */
  readonly accounts: ReadonlySet<string>;
  /** By `guardedKey`. */
  readonly policies: ReadonlyMap<string, Policy | undefined>;
  /** Newest enabled version by name; a secret that does not exist is not in it. */
  readonly secrets: ReadonlyMap<string, string | undefined>;
  readonly database: LiveDatabase | undefined;
  readonly redis: LiveRedis | undefined;
  /** By name, those that exist. */
  readonly services: ReadonlyMap<string, LiveService>;
};

export type LiveService = {
  /** Nobody is asked who calls, whatever the policy says. */
  readonly invokerIamDisabled: boolean;
};

export const guardedKey = ({ on, name }: Guarded): string => `${on} ${name}`;

export const apisId = "APIs";
export const accountId = (email: string): string => `account ${email}`;
export const secretId = (name: string): string => `secret ${name}`;

/** A secret that has no value yet; `existed`: it was there itself when the plan was made. */
type FirstValue = { readonly name: string; readonly existed: boolean };

/** One thing to do, with all that is needed to do it. Plain data without secrets. */
export type Action =
  | { readonly do: "enable-apis"; readonly apis: readonly string[] }
  | { readonly do: "create-bucket"; readonly bucket: BucketSpec }
  | {
      readonly do: "patch-bucket";
      readonly name: string;
      readonly patch: BucketPatch;
      readonly metageneration: string;
    }
  | { readonly do: "create-repository"; readonly name: string }
  | { readonly do: "create-account"; readonly email: string; readonly displayName: string }
  | {
      readonly do: "grant";
      readonly resource: Guarded;
      readonly bindings: readonly Binding[];
      readonly fresh: boolean;
    }
  | { readonly do: "create-secret"; readonly name: string }
  | ({ readonly do: "generate-secret"; readonly format: Secret["format"] } & FirstValue)
  | { readonly do: "create-instance"; readonly database: Database }
  /** Started by another run, which did not see it through. */
  | { readonly do: "await-instance"; readonly database: Database }
  | { readonly do: "create-database"; readonly database: Database }
  /** The secret gets the address first, so that a run that is cut short leaves no user whose password nobody has. */
  | ({ readonly do: "write-database-url"; readonly database: Database } & FirstValue)
  | { readonly do: "create-user"; readonly database: Database; readonly secret: string }
  | { readonly do: "create-redis"; readonly redis: Redis }
  | { readonly do: "await-redis"; readonly redis: Redis }
  | ({ readonly do: "write-redis-url"; readonly redis: Redis } & FirstValue)
  | { readonly do: "push-placeholder" }
  | { readonly do: "create-service"; readonly service: ServiceUnit };

export type Step = {
  /** Unique: `bucket app.example.com`. */
  readonly id: string;
  readonly change: Change;
  /** Ids of steps that must be done first; those that are not in the plan are done already. */
  readonly after: readonly string[];
  readonly action: Action;
};

/** What provisioning cannot do: it asks for a person. */
export type Problem = {
  /** required: a release cannot succeed without it. advice: it can. */
  readonly severity: "required" | "advice";
  readonly subject: string;
  readonly message: string;
  /** A command, where there is one. */
  readonly hint: string;
};

export type ProvisionPlan = {
  /** Every resource, also what is kept. */
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
};

export type ProvisionReport = {
  readonly mode: "plan" | "apply";
  /** In the order of the plan; `keep` for what was as it should be. */
  readonly changes: readonly Change[];
  /** Ids of the steps that were done. */
  readonly done: readonly string[];
  readonly failures: readonly { readonly resource: string; readonly error: DeployError }[];
  /** Steps that were not tried, since one before them failed. */
  readonly skipped: readonly { readonly resource: string; readonly because: string }[];
  readonly problems: readonly Problem[];
  /** Of the first failure; 2 where an applied run leaves something required to a person; else 0. */
  readonly exitCode: ExitCode;
};
