import { describe, expect, it } from "vitest";
import type { Service, WorkerPool } from "../model.ts";
import { sameValue } from "../resource-fields.ts";
import { fillRevisionTemplate } from "../template-defaults.ts";
import { parseService, parseWorkerPool, renderService, renderWorkerPool } from "./knative-service.ts";

/** What `gcloud run deploy` sends. */
const body = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: {
    name: "api",
    namespace: "demo",
    labels: { team: "core", "cloud.googleapis.com/location": "asia-southeast1" },
    annotations: {
      "run.googleapis.com/client-name": "gcloud",
      "run.googleapis.com/ingress": "internal",
      "run.googleapis.com/operation-id": "stale",
      "run.googleapis.com/minScale": "2",
      own: "kept",
    },
  },
  spec: {
    template: {
      metadata: {
        labels: { "client.knative.dev/nonce": "abc" },
        annotations: {
          "autoscaling.knative.dev/minScale": "1",
          "autoscaling.knative.dev/maxScale": "4",
          "run.googleapis.com/cloudsql-instances": "demo:asia-southeast1:db",
          "run.googleapis.com/startup-cpu-boost": "true",
          "run.googleapis.com/cpu-throttling": "false",
          "run.googleapis.com/secrets": "other:projects/elsewhere/secrets/key",
        },
      },
      spec: {
        containerConcurrency: 40,
        timeoutSeconds: 60,
        serviceAccountName: "run@demo.iam.gserviceaccount.com",
        containers: [
          {
            image: "asia-southeast1-docker.pkg.dev/demo/r/api:latest",
            command: ["celery"],
            args: ["-A", "app"],
            env: [
              { name: "A", value: "1" },
              { name: "S", valueFrom: { secretKeyRef: { name: "DJANGO", key: "latest" } } },
              { name: "O", valueFrom: { secretKeyRef: { name: "other", key: "3" } } },
            ],
            resources: { limits: { cpu: "1", memory: "512Mi" } },
            ports: [{ name: "http1", containerPort: 3000 }],
            startupProbe: { httpGet: { path: "/live" }, periodSeconds: 1, failureThreshold: 30 },
            volumeMounts: [{ name: "files", mountPath: "/secrets" }],
          },
        ],
        volumes: [{ name: "files", secret: { secretName: "DJANGO", items: [{ key: "2", path: "key" }] } }],
      },
    },
    traffic: [
      { percent: 90, revisionName: "api-00001-abc" },
      { percent: 10, latestRevision: true, tag: "green" },
    ],
  },
};

describe("a Knative service", () => {
  const { id, input } = parseService(body);

  it("is understood with what its annotations stand for", () => {
    expect(id).toBe("api");
    expect(input).toMatchObject({
      ...{
        client: "gcloud",
        ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
        labels: { team: "core" },
        annotations: { own: "kept" },
      },
      scaling: { minInstanceCount: 2 },
      traffic: [
        { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: "api-00001-abc", percent: 90 },
        { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 10, tag: "green" },
      ],
      template: {
        ...{ timeout: "60s", maxInstanceRequestConcurrency: 40, scaling: { minInstanceCount: 1, maxInstanceCount: 4 } },
        labels: { "client.knative.dev/nonce": "abc" },
        containers: [
          {
            ...{ command: ["celery"], args: ["-A", "app"], resources: { cpuIdle: false, startupCpuBoost: true } },
            env: [
              { name: "A", value: "1" },
              { name: "S", valueSource: { secretKeyRef: { secret: "DJANGO", version: "latest" } } },
              { name: "O", valueSource: { secretKeyRef: { secret: "projects/elsewhere/secrets/key", version: "3" } } },
            ],
            volumeMounts: [
              { name: "files", mountPath: "/secrets" },
              { name: "cloudsql", mountPath: "/cloudsql" },
            ],
          },
        ],
        volumes: [
          { name: "files", secret: { secret: "DJANGO", items: [{ path: "key", version: "2" }] } },
          { name: "cloudsql", cloudSqlInstance: { instances: ["demo:asia-southeast1:db"] } },
        ],
      },
    });
    expect(JSON.stringify(input)).not.toContain("operation-id");
  });

  it("says the same when it is sent back as it was shown", () => {
    const now = new Date(0).toISOString();
    const ready = { type: "Ready", state: "CONDITION_SUCCEEDED" as const, lastTransitionTime: now };
    const template = fillRevisionTemplate(input["template"] as never, "demo");
    const service = {
      ...input,
      ...{
        name: "projects/demo/locations/asia-southeast1/services/api",
        template,
        uid: "u",
        generation: "3",
        etag: '"e"',
        createTime: now,
      },
      ...{
        creator: "a@b.c",
        lastModifier: "a@b.c",
        terminalCondition: ready,
        conditions: [],
        trafficStatuses: [],
        uri: "http://api",
        urls: ["http://api"],
      },
    } as unknown as Service;
    const shown = renderService(service);
    expect(shown).toMatchObject({
      metadata: {
        generation: 3,
        resourceVersion: '"e"',
        labels: { "cloud.googleapis.com/location": "asia-southeast1" },
      },
      status: { url: "http://api", conditions: [{ type: "Ready", status: "True" }] },
    });
    const again = parseService(shown as never);
    expect(sameValue(fillRevisionTemplate(again.input["template"] as never, "demo"), template)).toBe(true);
    expect(again.input).toMatchObject({
      traffic: service.traffic,
      scaling: service.scaling,
      ingress: service.ingress,
      etag: '"e"',
    });
  });

  it("is refused by its place where it is no such object", () => {
    const broken = (spec: object) => () => parseService({ metadata: { name: "api" }, spec: { template: { spec } } });
    expect(broken({ containers: {} })).toThrow("Invalid value at 'spec.template.spec.containers' (list)");
    expect(broken({ containers: [{ image: 7 }] })).toThrow(
      "Invalid value at 'spec.template.spec.containers[0].image' (string), 7",
    );
    expect(broken({ containers: [{ imagePullSecret: "x" }] })).toThrow(
      `Unknown name "imagePullSecret" at 'spec.template.spec.containers[0]'`,
    );
    expect(broken({ timeoutSeconds: "soon" })).toThrow("(integer)");
    const volumeMounts = [{ name: "v", mountPath: "/v", subPath: "s" }];
    expect(broken({ containers: [{ image: "x", volumeMounts }] })).toThrow(`Unknown name "subPath"`);
  });

  it("is refused by name where an annotation asks for what is not done", () => {
    const template = (annotations: object) => ({ metadata: { annotations }, spec: { containers: [{ image: "x" }] } });
    const parse = (annotations: object) => () =>
      parseService({ metadata: { name: "api" }, spec: { template: template(annotations) } });
    expect(parse({ "run.googleapis.com/encryption-key": "k" })).toThrow(
      expect.objectContaining({ status: "UNIMPLEMENTED", message: expect.stringContaining("encryption-key") }),
    );
    expect(parse({ "run.googleapis.com/encryption-key": "", "run.googleapis.com/operation-id": "1" })).not.toThrow();
  });
});

describe("a worker pool in Knative's form", () => {
  it("is understood as it was shown, with its instances and how they are split", () => {
    const type = "INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION";
    const pool = {
      ...{
        name: "projects/demo/locations/asia-southeast1/workerPools/w",
        uid: "u",
        etag: '"e"',
        generation: "1",
        observedGeneration: "1",
      },
      ...{ createTime: "2026-01-01T00:00:00Z", updateTime: "2026-01-01T00:00:00Z", labels: { team: "a" } },
      template: { containers: [{ image: "i", env: [{ name: "A", value: "1" }] }] },
      scaling: { manualInstanceCount: 3 },
      instanceSplits: [{ type, revision: "w-00001-abc", percent: 100 }],
      ...{ instanceSplitStatuses: [], conditions: [], terminalCondition: { type: "Ready" } },
    } as unknown as WorkerPool;
    expect(parseWorkerPool(renderWorkerPool(pool))).toMatchObject({
      id: "w",
      input: {
        ...{ labels: { team: "a" }, etag: '"e"', instanceSplits: pool.instanceSplits },
        scaling: { scalingMode: "MANUAL", manualInstanceCount: 3 },
        template: { containers: [{ image: "i", env: [{ name: "A", value: "1" }] }] },
      },
    });
  });
});
