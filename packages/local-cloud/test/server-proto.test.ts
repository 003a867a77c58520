import { ServicesClient } from "@google-cloud/run";
import { PassThroughClient } from "google-auth-library";
import { expect, test } from "vitest";
import { runFields } from "../src/run/v2/run-fields.ts";
import type { MessageValue } from "../src/server/proto-json.ts";
import { protoService } from "../src/server/proto-routes.ts";
import { startCloud } from "./support/start-cloud.ts";

const services = "/v2/projects/p/locations/l/services";
const container = { image: "i" };

/** Cloud Run's API with handlers that remember the messages they were given. */
const startRun = async () => {
  const messages: MessageValue[] = [];
  const remember = (message: MessageValue) => {
    messages.push(message);
    return { name: "projects/p/locations/l/operations/1", done: false };
  };
  const run = protoService({
    api: "run.googleapis.com",
    package: "@google-cloud/run",
    fields: runFields,
    handlers: {
      "google.cloud.run.v2.Services.CreateService": remember,
      "google.cloud.run.v2.Services.UpdateService": remember,
      "google.cloud.run.v2.Services.ListServices": remember,
      "google.cloud.run.v2.Revisions.GetRevision": remember,
      "google.longrunning.Operations.GetOperation": remember,
    },
    rules: {
      "google.longrunning.Operations.GetOperation": [
        { method: "GET", template: "/v2/{name=projects/*/locations/*/operations/*}" },
      ],
    },
  });
  const cloud = await startCloud({ services: () => [run] });
  const send = async (method: string, path: string, body?: object) => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { status, json } = await cloud.fetchJson<{ error?: { message: string; status: string } }>(path, init);
    return { status, message: json.error?.message };
  };
  return { cloud, messages, send };
};

test("merges path, query and body into one message in canonical form", async () => {
  const { messages, send } = await startRun();
  const service = {
    ingress: 1,
    launch_stage: "GA",
    labels: {},
    template: {
      timeout: "3s",
      maxInstanceRequestConcurrency: "40",
      containers: [{ ...container, env: [{ name: "A", value: "" }], startupProbe: { periodSeconds: 1 } }],
    },
    uid: "dropped",
    observedGeneration: 3,
  };
  const query = "serviceId=s&validateOnly=true&$alt=json;enum-encoding=int&key=k";
  expect(await send("POST", `${services}?${query}`, service)).toEqual({ status: 200, message: undefined });
  expect(messages).toEqual([
    {
      parent: "projects/p/locations/l",
      serviceId: "s",
      validateOnly: true,
      service: {
        ingress: "INGRESS_TRAFFIC_ALL",
        launchStage: "GA",
        labels: {},
        template: {
          timeout: "3s",
          maxInstanceRequestConcurrency: 40,
          containers: [{ image: "i", env: [{ name: "A", value: "" }], startupProbe: { periodSeconds: 1 } }],
        },
      },
    },
  ]);
});

test.for([
  ["an unknown field", { x: 1 }, `Invalid JSON payload received. Unknown name "x" at 'service': Cannot find field.`],
  [
    "an unknown field further down",
    { template: { containers: [{ ...container, y: 1 }] } },
    `Invalid JSON payload received. Unknown name "y" at 'service.template.containers[0]': Cannot find field.`,
  ],
  [
    "a wrong type",
    { template: { maxInstanceRequestConcurrency: "many" } },
    `Invalid value at 'service.template.max_instance_request_concurrency' (TYPE_INT32), "many"`,
  ],
  [
    "an unknown enum value",
    { ingress: "ALL", template: {} },
    `Invalid value at 'service.ingress' (type.googleapis.com/google.cloud.run.v2.IngressTraffic), "ALL"`,
  ],
  ["a missing field", {}, "Violation in CreateServiceRequest.service.template: a value is required."],
  [
    "two fields of a oneof",
    { template: { containers: [{ ...container, env: [{ name: "A", value: "x", valueSource: {} }] }] } },
    `Invalid value at 'service.template.containers[0].env[0]' (oneof), oneof field 'value' is already set. Cannot set 'value_source'`,
  ],
  ["a list for a message", { template: [] }, "Proto field is not repeating, cannot start list."],
] as const)("refuses %s", async ([, service, message]) => {
  const { messages, send } = await startRun();
  const answer = await send("POST", `${services}?serviceId=s`, service);
  expect(answer).toEqual({ status: 400, message: expect.stringContaining(message) });
  expect(messages).toEqual([]);
});

test("refuses what the path's message lacks, and query parameters that it does not have", async () => {
  const { send } = await startRun();
  const body = { template: { containers: [container] } };
  expect((await send("POST", services, body)).message).toBe(
    "Violation in CreateServiceRequest.service_id: a value is required.",
  );
  expect((await send("GET", `${services}?pageSize=many`)).message).toContain("'page_size' (TYPE_INT32)");
  expect((await send("GET", `${services}?size=1`)).message).toContain("Field 'size' could not be found");
});

test("asks of a partial update only what its mask names", async () => {
  const { messages, send } = await startRun();
  const traffic = [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }];
  expect(await send("PATCH", `${services}/s?updateMask=traffic,labels.a`, { traffic })).toMatchObject({ status: 200 });
  expect(messages).toEqual([
    { updateMask: "traffic,labels.a", service: { name: "projects/p/locations/l/services/s", traffic } },
  ]);
  expect((await send("PATCH", `${services}/s`, { traffic })).message).toContain(
    "service.template: a value is required",
  );
  expect((await send("PATCH", `${services}/s?updateMask=trafic`, { traffic })).message).toContain(
    `"trafic" is no field`,
  );
});

test("serves a method at each of its places", async () => {
  const { messages, send } = await startRun();
  const names = ["services/s", "workerPools/w"].map((owner) => `projects/p/locations/l/${owner}/revisions/r`);
  for (const name of names) expect(await send("GET", `/v2/${name}`)).toMatchObject({ status: 200 });
  expect(await send("GET", "/v2/projects/p/locations/l/operations/1")).toMatchObject({ status: 200 });
  expect(messages.slice(0, 2)).toEqual(names.map((name) => ({ name })));
});

test("answers every method that is not handled with 501 and its full name", async () => {
  const { cloud, send } = await startRun();
  expect(await send("DELETE", `${services}/s`)).toEqual({
    status: 501,
    message: "google.cloud.run.v2.Services.DeleteService is not implemented in the local cloud.",
  });
  expect(cloud.lines).toEqual([`501 google.cloud.run.v2.Services.DeleteService DELETE ${services}/s`]);
});

test("counts what changes state as a write, and nothing else", async () => {
  const { cloud, send } = await startRun();
  await send("POST", `${services}?serviceId=s`, { template: { containers: [container] } });
  await send("GET", services);
  expect(await cloud.counters()).toMatchObject({ reads: 1, writes: { total: 1 } });
});

test("a name that the protos do not have is a mistake of the program", () => {
  const options = { api: "run.googleapis.com", package: "@google-cloud/run", fields: runFields };
  expect(() => protoService({ ...options, handlers: { "google.cloud.run.v2.Services.Get": () => ({}) } })).toThrow(
    "google.cloud.run.v2.Services.Get",
  );
});

test("a field that nothing is done with is 501 by its place, as soon as it asks for something", async () => {
  const { cloud, messages, send } = await startRun();
  const template = {
    encryptionKey: "k",
    containers: [{ ...container, volumeMounts: [{ name: "v", mountPath: "/v", subPath: "s" }] }],
  };
  expect(await send("POST", `${services}?serviceId=s`, { customAudiences: ["a"], template })).toEqual({
    status: 501,
    message:
      "The local cloud does not have service.custom_audiences, service.template.encryption_key, service.template.containers[0].volume_mounts[0].sub_path.",
  });
  expect(cloud.lines).toEqual([`501 google.cloud.run.v2.Services.CreateService POST ${services}`]);
  const nothing = {
    customAudiences: [],
    binaryAuthorization: {},
    template: { encryptionKey: "", containers: [container] },
  };
  expect((await send("POST", `${services}?serviceId=s`, nothing)).status).toBe(200);
  expect(messages).toHaveLength(1);
});

test("a message that nothing is said about is a mistake of the program", () => {
  const { "google.cloud.run.v2.EnvVar": _, ...fields } = runFields;
  const handlers = { "google.cloud.run.v2.Services.CreateService": () => ({}) };
  const options = { api: "run.googleapis.com", package: "@google-cloud/run", handlers };
  expect(() => protoService({ ...options, fields })).toThrow(
    "nothing says what is done with google.cloud.run.v2.EnvVar",
  );
  const misspelt = { ...runFields, "google.cloud.run.v2.EnvVar": { done: "name valu" } };
  expect(() => protoService({ ...options, fields: misspelt })).toThrow("google.cloud.run.v2.EnvVar has no valu");
});

test("the official client's request is taken as it is", async () => {
  const { cloud, messages } = await startRun();
  const authClient = new PassThroughClient();
  const client = new ServicesClient({
    ...{ fallback: true, protocol: "http", apiEndpoint: "127.0.0.1", port: cloud.port, projectId: "p" },
    authClient: authClient as never,
  });
  await client.createService({
    parent: "projects/p/locations/l",
    serviceId: "s",
    service: { ingress: "INGRESS_TRAFFIC_ALL", template: { containers: [container], timeout: { seconds: 3 } } },
  });
  await client.close();
  expect(messages[0]).toMatchObject({
    serviceId: "s",
    service: { ingress: "INGRESS_TRAFFIC_ALL", template: { timeout: "3s", containers: [{ image: "i" }] } },
  });
});
