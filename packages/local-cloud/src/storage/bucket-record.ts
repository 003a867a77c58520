// A bucket as it is kept. Its configuration has the wire's own shape, checked when it was written.

export type BucketConfig = {
  /** Upper case: `ASIA-SOUTHEAST1`. */
  readonly location: string;
  readonly storageClass: string;
  readonly iamConfiguration: {
    readonly uniformBucketLevelAccess: { readonly enabled: boolean; readonly lockedTime?: string };
    readonly publicAccessPrevention: "inherited" | "enforced";
  };
  /** A decimal number of seconds; "0": off. */
  readonly softDeletePolicy: { readonly retentionDurationSeconds: string; readonly effectiveTime: string };
  readonly versioning?: { readonly enabled: boolean };
  readonly website?: { readonly mainPageSuffix?: string; readonly notFoundPage?: string };
  readonly cors?: readonly {
    readonly origin?: readonly string[];
    readonly method?: readonly string[];
    readonly responseHeader?: readonly string[];
    readonly maxAgeSeconds?: number;
  }[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Kept and shown; its rules are not carried out. */
  readonly lifecycle?: { readonly rule?: readonly object[] };
  /** Kept and shown; no log is written. */
  readonly logging?: { readonly logBucket?: string; readonly logObjectPrefix?: string };
};

export type BucketRecord = {
  readonly name: string;
  readonly project: string;
  readonly generation: number;
  readonly metageneration: number;
  /** ISO 8601. */
  readonly timeCreated: string;
  readonly updated: string;
  readonly config: BucketConfig;
};
