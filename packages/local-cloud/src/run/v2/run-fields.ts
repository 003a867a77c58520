// What Cloud Run's fields come to here. https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
import { policyFields } from "../../iam/policy-fields.ts";
import { type FieldSupport, inPackage, type MessageSupport } from "../../server/field-support.ts";

const launchStage = "what this table has is there in every stage";
const vpcAccess = "containers use this machine's network";
const executionEnvironment = "decides which processors and memory may be asked for, and nothing else";

const list: MessageSupport = {
  done: "parent pageSize pageToken",
  ignored: { showDeleted: "nothing that was deleted is kept" },
};
const remove: MessageSupport = { done: "name validateOnly etag" };

const requests: FieldSupport = {
  CreateServiceRequest: { done: "parent service serviceId validateOnly" },
  UpdateServiceRequest: { done: "updateMask service validateOnly allowMissing" },
  ...{ DeleteServiceRequest: remove, ListServicesRequest: list },
  CreateWorkerPoolRequest: { done: "parent workerPool workerPoolId validateOnly" },
  UpdateWorkerPoolRequest: { done: "updateMask workerPool validateOnly allowMissing forceNewRevision" },
  ...{ DeleteWorkerPoolRequest: remove, ListWorkerPoolsRequest: list },
  CreateJobRequest: { done: "parent job jobId validateOnly" },
  UpdateJobRequest: { done: "job validateOnly allowMissing" },
  ...{ DeleteJobRequest: remove, ListJobsRequest: list },
  RunJobRequest: { done: "name validateOnly etag overrides" },
  "RunJobRequest.Overrides": { done: "containerOverrides taskCount timeout" },
  "RunJobRequest.Overrides.ContainerOverride": { done: "name args env clearArgs" },
  ...{ DeleteRevisionRequest: remove, ListRevisionsRequest: list },
  ...{ CancelExecutionRequest: remove, DeleteExecutionRequest: remove },
  ...{ ListExecutionsRequest: list, ListTasksRequest: list },
};

const resources: FieldSupport = {
  Service: {
    done: "name description labels annotations client clientVersion template traffic scaling invokerIamDisabled defaultUriDisabled etag",
    ignored: { ingress: "whoever reaches this machine's loopback address is let in", launchStage },
  },
  WorkerPool: {
    done: "name description labels annotations client clientVersion template instanceSplits scaling etag",
    ignored: { launchStage },
  },
  Job: { done: "name labels annotations client clientVersion template etag", ignored: { launchStage } },
  TrafficTarget: { done: "type revision percent tag" },
  InstanceSplit: { done: "type revision percent" },
  ServiceScaling: { done: "minInstanceCount maxInstanceCount scalingMode manualInstanceCount" },
  WorkerPoolScaling: { done: "manualInstanceCount scalingMode" },
  RevisionScaling: { done: "minInstanceCount maxInstanceCount" },
};

const templates: FieldSupport = {
  RevisionTemplate: {
    done: "revision labels annotations scaling timeout serviceAccount containers volumes maxInstanceRequestConcurrency healthCheckDisabled",
    ignored: { vpcAccess, executionEnvironment, sessionAffinity: "a request goes to the instance that is least busy" },
  },
  WorkerPoolRevisionTemplate: {
    done: "revision labels annotations serviceAccount containers volumes",
    ignored: { vpcAccess },
  },
  ExecutionTemplate: { done: "labels annotations parallelism taskCount template" },
  TaskTemplate: {
    done: "containers volumes maxRetries timeout serviceAccount",
    ignored: { vpcAccess, executionEnvironment },
  },
};

const containers: FieldSupport = {
  Container: {
    done: "name image command args env resources ports volumeMounts workingDir startupProbe livenessProbe",
  },
  ResourceRequirements: {
    done: "limits",
    ignored: {
      "limits.cpu": "checked against the memory; a container may use every processor of this machine",
      cpuIdle: "a container has its processors between requests too",
      startupCpuBoost: "a container always starts as fast as it can",
    },
  },
  ContainerPort: { done: "name containerPort" },
  EnvVar: { done: "name value valueSource" },
  EnvVarSource: { done: "secretKeyRef" },
  SecretKeySelector: { done: "secret version" },
  Probe: { done: "initialDelaySeconds timeoutSeconds periodSeconds failureThreshold httpGet tcpSocket" },
  HTTPGetAction: { done: "path httpHeaders port" },
  HTTPHeader: { done: "name value" },
  TCPSocketAction: { done: "port" },
  VolumeMount: { done: "name mountPath" },
  Volume: { done: "name secret cloudSqlInstance emptyDir" },
  SecretVolumeSource: { done: "secret items defaultMode" },
  VersionToPath: { done: "path version mode" },
  CloudSqlInstance: { done: "instances" },
  EmptyDirVolumeSource: { done: "medium sizeLimit" },
};

export const runFields: FieldSupport = {
  ...inPackage("google.cloud.run.v2", { ...requests, ...resources, ...templates, ...containers }),
  ...inPackage("google.longrunning", {
    ListOperationsRequest: { done: "name pageSize pageToken" },
    WaitOperationRequest: { done: "name timeout" },
  }),
  ...policyFields,
};
