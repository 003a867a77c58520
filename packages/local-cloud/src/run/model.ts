// The state of Cloud Run as it is kept: the messages of the v2 API in their JSON form. Both façades read and write these.
// https://cloud.google.com/run/docs/reference/rest
import type { ResolvedImage } from "../runtime/image-source.ts";

type Labels = Readonly<Record<string, string>>;

export type SecretKeyRef = { readonly secret: string; readonly version?: string };
export type EnvVar = {
  readonly name: string;
  readonly value?: string;
  readonly valueSource?: { readonly secretKeyRef?: SecretKeyRef };
};

export type Probe = {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: {
    readonly path?: string;
    readonly port?: number;
    readonly httpHeaders?: readonly { readonly name: string; readonly value?: string }[];
  };
  readonly tcpSocket?: { readonly port?: number };
  readonly grpc?: { readonly port?: number; readonly service?: string };
};

export type Container = {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly cpuIdle?: boolean;
    readonly startupCpuBoost?: boolean;
  };
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath?: string; readonly subPath?: string }[];
  readonly workingDir?: string;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly dependsOn?: readonly string[];
};

export type SecretVolume = {
  readonly secret: string;
  readonly items?: readonly { readonly path: string; readonly version?: string; readonly mode?: number }[];
  readonly defaultMode?: number;
};

export type Volume = {
  readonly name: string;
  readonly secret?: SecretVolume;
  readonly cloudSqlInstance?: { readonly instances?: readonly string[] };
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly nfs?: object;
  readonly gcs?: object;
};

export type Scaling = { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };

/** What services', pools' and jobs' templates have in common. */
export type ContainerTemplate = {
  readonly containers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly serviceAccount?: string;
};

export type RevisionTemplate = ContainerTemplate & {
  readonly revision?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly scaling?: Scaling;
  readonly timeout?: string;
  readonly maxInstanceRequestConcurrency?: number;
  readonly sessionAffinity?: boolean;
  readonly healthCheckDisabled?: boolean;
  readonly executionEnvironment?: string;
  readonly vpcAccess?: object;
};

export type ConditionState = "CONDITION_PENDING" | "CONDITION_RECONCILING" | "CONDITION_FAILED" | "CONDITION_SUCCEEDED";

export type Condition = {
  readonly type: string;
  readonly state: ConditionState;
  readonly message?: string;
  readonly lastTransitionTime: string;
  readonly severity?: "ERROR" | "WARNING" | "INFO";
  readonly reason?: string;
  readonly revisionReason?: string;
  readonly executionReason?: string;
};

/** What every resource has. */
export type ResourceFields = {
  readonly name: string;
  readonly uid: string;
  readonly generation: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly createTime: string;
  readonly updateTime: string;
  readonly deleteTime?: string;
  readonly expireTime?: string;
  readonly creator: string;
  readonly lastModifier: string;
  readonly client?: string;
  readonly clientVersion?: string;
  readonly launchStage?: string;
  readonly etag: string;
  readonly reconciling?: boolean;
  readonly observedGeneration?: string;
  readonly conditions: readonly Condition[];
};

export type AllocationType = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST" | "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
export type TrafficTarget = {
  readonly type?: string;
  /** Short name. */
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
};
export type TrafficTargetStatus = TrafficTarget & { readonly type: AllocationType; readonly uri?: string };

export type Service = ResourceFields & {
  readonly description?: string;
  readonly ingress?: string;
  readonly template: RevisionTemplate;
  readonly traffic: readonly TrafficTarget[];
  readonly scaling?: Scaling & { readonly scalingMode?: string; readonly manualInstanceCount?: number };
  readonly invokerIamDisabled?: boolean;
  readonly defaultUriDisabled?: boolean;
  readonly terminalCondition: Condition;
  /** Full names. */
  readonly latestReadyRevision?: string;
  readonly latestCreatedRevision?: string;
  readonly trafficStatuses: readonly TrafficTargetStatus[];
  readonly uri: string;
  readonly urls: readonly string[];
};

export type InstanceSplit = { readonly type?: string; readonly revision?: string; readonly percent?: number };

export type WorkerPoolTemplate = ContainerTemplate & {
  readonly revision?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly vpcAccess?: object;
};

export type WorkerPool = ResourceFields & {
  readonly description?: string;
  readonly template: WorkerPoolTemplate;
  readonly instanceSplits: readonly InstanceSplit[];
  readonly instanceSplitStatuses: readonly InstanceSplit[];
  readonly scaling?: { readonly scalingMode?: string; readonly manualInstanceCount?: number };
  readonly terminalCondition: Condition;
  readonly latestReadyRevision?: string;
  readonly latestCreatedRevision?: string;
};

/** Of a service or of a worker pool. */
export type Revision = ResourceFields &
  ContainerTemplate & {
    /** Full name of the service; missing for a worker pool's revision. */
    readonly service?: string;
    readonly scaling?: Scaling;
    readonly maxInstanceRequestConcurrency?: number;
    readonly timeout?: string;
    readonly sessionAffinity?: boolean;
    readonly executionEnvironment?: string;
    readonly vpcAccess?: object;
    readonly scalingStatus?: { readonly desiredMinInstanceCount?: number };
  };

export type TaskTemplate = ContainerTemplate & {
  readonly maxRetries?: number;
  readonly timeout?: string;
  readonly executionEnvironment?: string;
  readonly vpcAccess?: object;
};

export type ExecutionTemplate = {
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly parallelism?: number;
  readonly taskCount?: number;
  readonly template?: TaskTemplate;
};

export type CompletionStatus =
  | "EXECUTION_SUCCEEDED"
  | "EXECUTION_FAILED"
  | "EXECUTION_RUNNING"
  | "EXECUTION_PENDING"
  | "EXECUTION_CANCELLED";

export type Job = ResourceFields & {
  readonly template: ExecutionTemplate;
  readonly terminalCondition: Condition;
  readonly executionCount: number;
  readonly latestCreatedExecution?: {
    readonly name: string;
    readonly createTime: string;
    readonly completionTime?: string;
    readonly completionStatus: CompletionStatus;
  };
};

export type Execution = Omit<ResourceFields, "lastModifier"> & {
  /** Full name. */
  readonly job: string;
  readonly parallelism: number;
  readonly taskCount: number;
  readonly template: TaskTemplate;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly runningCount: number;
  readonly succeededCount: number;
  readonly failedCount: number;
  readonly cancelledCount: number;
  readonly retriedCount: number;
};

export type Task = Omit<ResourceFields, "creator" | "lastModifier"> & {
  readonly job: string;
  readonly execution: string;
  readonly containers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly maxRetries: number;
  readonly timeout?: string;
  readonly serviceAccount?: string;
  readonly index: number;
  readonly retried: number;
  readonly scheduledTime?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly lastAttemptResult?: {
    readonly status: { readonly code: number; readonly message?: string };
    readonly exitCode?: number;
    readonly termSignal?: number;
  };
};

/** Resolved when a revision or an execution is made, so that a tag that moves later changes nothing. */
export type PinnedImage = ResolvedImage;
