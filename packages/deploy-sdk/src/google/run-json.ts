// Cloud Run v2 resources as their JSON is read: only the fields that the SDK knows, each of which may be absent.
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services

export type ProbeJson = {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path?: string; readonly port?: number };
  readonly tcpSocket?: { readonly port?: number };
};

export type EnvVarJson = {
  readonly name?: string;
  readonly value?: string;
  readonly valueSource?: { readonly secretKeyRef?: { readonly secret?: string; readonly version?: string } };
};

export type ContainerJson = {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVarJson[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly cpuIdle?: boolean;
    readonly startupCpuBoost?: boolean;
  };
  readonly startupProbe?: ProbeJson;
  readonly livenessProbe?: ProbeJson;
  readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath?: string }[];
};

export type VolumeJson = {
  readonly name?: string;
  readonly cloudSqlInstance?: { readonly instances?: readonly string[] };
};

/** What templates, revisions and tasks have in common. */
export type WorkloadJson = {
  readonly containers?: readonly ContainerJson[];
  readonly volumes?: readonly VolumeJson[];
  readonly serviceAccount?: string;
};

export type RevisionTemplateJson = WorkloadJson & {
  readonly revision?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly timeout?: string;
  readonly maxInstanceRequestConcurrency?: number;
};

export type ConditionJson = {
  readonly type?: string;
  readonly state?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly revisionReason?: string;
  readonly executionReason?: string;
};

/** An entry of `traffic`, `trafficStatuses`, `instanceSplits` or `instanceSplitStatuses`. */
export type ShareJson = {
  readonly type?: string;
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
  readonly uri?: string;
};

type ResourceJson = {
  readonly name?: string;
  readonly etag?: string;
  /** int64, as text. */
  readonly generation?: string;
  readonly observedGeneration?: string;
  readonly reconciling?: boolean;
  readonly terminalCondition?: ConditionJson;
  readonly labels?: Readonly<Record<string, string>>;
  readonly updateTime?: string;
};

export type ServiceJson = ResourceJson & {
  readonly template?: RevisionTemplateJson;
  readonly traffic?: readonly ShareJson[];
  readonly trafficStatuses?: readonly ShareJson[];
  readonly uri?: string;
  readonly latestCreatedRevision?: string;
  readonly latestReadyRevision?: string;
};

export type WorkerPoolJson = ResourceJson & {
  readonly template?: RevisionTemplateJson;
  readonly instanceSplits?: readonly ShareJson[];
  readonly instanceSplitStatuses?: readonly ShareJson[];
  readonly scaling?: { readonly manualInstanceCount?: number };
  readonly latestCreatedRevision?: string;
  readonly latestReadyRevision?: string;
};

export type RevisionJson = RevisionTemplateJson & {
  readonly name?: string;
  readonly createTime?: string;
  readonly conditions?: readonly ConditionJson[];
};

export type TaskTemplateJson = WorkloadJson & { readonly timeout?: string; readonly maxRetries?: number };

export type JobJson = ResourceJson & {
  readonly template?: { readonly template?: TaskTemplateJson };
  readonly latestCreatedExecution?: { readonly name?: string; readonly completionStatus?: string };
};

export type ExecutionJson = {
  readonly name?: string;
  readonly template?: TaskTemplateJson;
  readonly completionTime?: string;
  readonly conditions?: readonly ConditionJson[];
  readonly succeededCount?: number;
  readonly failedCount?: number;
  readonly cancelledCount?: number;
  readonly taskCount?: number;
};
