import { describe, expect, onTestFinished, test } from "vitest";
import { createClients } from "../src/google/clients.ts";
import { createTransport } from "../src/google/create-transport.ts";
import { createJobs } from "../src/google/run-jobs.ts";
import { createServices } from "../src/google/run-services.ts";
import type { Call, LiveJob, ServiceSpec } from "../src/target.ts";
import { testEnvironment } from "./support/environment.ts";
import { testRuntime } from "./support/runtime.ts";
import { type Answerer, breakConnection, json, scriptedServer } from "./support/scripted-server.ts";

const parent = "projects/p/locations/l";
const spec: ServiceSpec = {
  container: {
    image: `eu-docker.pkg.dev/p/r/api@sha256:${"a".repeat(64)}`,
    command: [],
    args: [],
    env: {},
    secrets: {},
    cpu: 1,
    memoryMb: 512,
    cloudSql: [],
    serviceAccount: "runtime@p",
  },
  concurrency: 80,
  timeoutS: 300,
  min: 0,
  max: 1,
  cpuAlways: false,
  startup: undefined,
  liveness: undefined,
};
const service = (overrides: object = {}) => ({
  name: `${parent}/services/api`,
  etag: "e1",
  generation: "2",
  observedGeneration: "2",
  template: { containers: [{ image: "old" }] },
  latestCreatedRevision: `${parent}/services/api/revisions/api-1`,
  terminalCondition: { type: "Ready", state: "CONDITION_SUCCEEDED" },
  ...overrides,
});
const change = {
  name: "api",
  spec,
  revision: "api-2",
  labels: {},
  shares: [{ revision: "api-1", percent: 100 }],
  generation: "2",
};
const operation = (rest: object) => ({ name: `${parent}/operations/1`, ...rest });
const done = operation({ done: true, response: { "@type": "type.googleapis.com/google.cloud.run.v2.Service" } });
const refused = (code: number, status: string) => json(code, { error: { code, status, message: status } });

async function cloudOf(script: readonly [Answerer, ...Answerer[]], signal = new AbortController().signal) {
  const server = await scriptedServer(...script);
  const environment = testEnvironment(server.endpoint);
  const runtime = testRuntime();
  const transport = createTransport({ environment, signal, runtime });
  onTestFinished(() => transport.close());
  const context = { parent, transport, clients: createClients(environment, transport), runtime };
  const asked = () =>
    server.seen.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "").replace(`/v2/${parent}`, "")}`);
  const call: Call = { signal, subject: 'service "api" in local' };
  return { services: createServices(context), jobs: createJobs(context), asked, call, seen: server.seen };
}

describe("a write", () => {
  test("is done when its operation is", async () => {
    const cloud = await cloudOf([json(200, service()), json(200, operation({ done: false })), json(200, done)]);
    expect(await cloud.services.apply(change, cloud.call)).toEqual({ failure: undefined });
    expect(cloud.asked()).toEqual(["GET /services/api", "PATCH /services/api", "GET /operations/1"]);
    expect(decodeURIComponent(cloud.seen[1]?.url ?? "")).toContain("updateMask=template,traffic,labels");
  });

  test("whose operation fails tells why", async () => {
    const failed = operation({ done: true, error: { code: 9, message: "Revision api-2 is not ready" } });
    const cloud = await cloudOf([json(200, service()), json(200, failed)]);
    expect(await cloud.services.apply(change, cloud.call)).toEqual({ failure: "Revision api-2 is not ready" });
  });

  test("against something that has changed since the plan is not made", async () => {
    const cloud = await cloudOf([json(200, service({ generation: "3" }))]);
    await expect(cloud.services.apply(change, cloud.call)).rejects.toMatchObject({ code: "conflict" });
    expect(cloud.asked()).toEqual(["GET /services/api"]);
  });

  test("whose answer was lost is found to have landed", async () => {
    const landed = { latestCreatedRevision: `${parent}/services/api/revisions/api-2`, etag: "e2" };
    const cloud = await cloudOf([
      json(200, service()),
      breakConnection,
      refused(409, "ABORTED"),
      json(200, service({ ...landed, reconciling: true })),
      json(200, service(landed)),
    ]);
    expect(await cloud.services.apply(change, cloud.call)).toEqual({ failure: undefined });
  });

  test("that somebody else's write has overtaken is a conflict", async () => {
    const theirs = service({ etag: "e2", generation: "3" });
    const cloud = await cloudOf([json(200, service()), refused(409, "ABORTED"), json(200, theirs)]);
    await expect(cloud.services.apply(change, cloud.call)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("changed by somebody else"),
    });
    expect(cloud.asked()).toEqual(["GET /services/api", "PATCH /services/api", "GET /services/api"]);
  });

  test("refused because only the resource's state has changed is sent again under its new etag", async () => {
    const cloud = await cloudOf([
      json(200, service()),
      refused(409, "ABORTED"),
      json(200, service({ etag: "e2" })),
      json(200, done),
    ]);
    expect(await cloud.services.apply(change, cloud.call)).toEqual({ failure: undefined });
    expect(cloud.seen.map(({ body }) => body && JSON.parse(body).etag)).toEqual(["", "e1", "", "e2"]);
  });

  test("that is interrupted ends at once, and its operation is asked for no more", async () => {
    const controller = new AbortController();
    const cloud = await cloudOf(
      [
        json(200, service()),
        json(200, operation({ done: false })),
        (request, response, incoming) => {
          controller.abort();
          return json(200, operation({ done: false }))(request, response, incoming);
        },
      ],
      controller.signal,
    );
    await expect(cloud.services.apply(change, cloud.call)).rejects.toMatchObject({ code: "aborted" });
    expect(cloud.asked()).toHaveLength(3);
  });
});

describe("traffic", () => {
  const share = (revision: string) => ({ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision, percent: 100 });
  const wanted = { name: "api", shares: [{ revision: "api-2", percent: 100 }] };

  test("is set although its etag changes again and again, as long as nobody else sets it", async () => {
    const cloud = await cloudOf([
      json(200, service({ traffic: [share("api-1")] })),
      refused(409, "ABORTED"),
      json(200, service({ traffic: [share("api-1")], etag: "e2", generation: "3" })),
      refused(409, "ABORTED"),
      json(200, service({ traffic: [share("api-1")], etag: "e3" })),
      json(200, done),
    ]);
    expect(await cloud.services.setShares(wanted, cloud.call)).toEqual({ failure: undefined });
    expect(cloud.seen.flatMap(({ body }) => (body ? [JSON.parse(body).etag] : []))).toEqual(["e1", "e2", "e3"]);
  });

  test("that somebody else sets at the same time is a conflict that says how", async () => {
    const cloud = await cloudOf([
      json(200, service({ traffic: [share("api-1")] })),
      refused(409, "ABORTED"),
      json(200, service({ traffic: [share("api-0")], etag: "e2" })),
    ]);
    await expect(cloud.services.setShares(wanted, cloud.call)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/somebody else.*: api-1 100 % → api-0 100 %$/),
      retryable: true,
    });
  });

  test("is not fought for without end", async () => {
    let asked = 0;
    const cloud = await cloudOf([
      (request, ...rest) => {
        asked += 1;
        const live = json(200, service({ traffic: [share("api-1")], etag: `e${asked}` }));
        return (request.method === "GET" ? live : refused(409, "ABORTED"))(request, ...rest);
      },
    ]);
    await expect(cloud.services.setShares(wanted, cloud.call)).rejects.toMatchObject({ code: "conflict" });
    expect(asked).toBeLessThan(30);
  });
});

describe("a job's run", () => {
  const job = (execution: string | undefined) => ({
    ...service({ name: `${parent}/jobs/migrate`, template: { template: { containers: [{ image: "i" }] } } }),
    ...(execution && { latestCreatedExecution: { name: `${parent}/jobs/migrate/executions/${execution}` } }),
  });
  const before = async (cloud: Awaited<ReturnType<typeof cloudOf>>): Promise<LiveJob> => {
    const live = await cloud.jobs.get("migrate", cloud.call);
    if (!live) throw new Error("no job");
    return live;
  };

  test("is known by the execution that it starts", async () => {
    const started = operation({
      metadata: {
        "@type": "type.googleapis.com/google.cloud.run.v2.Execution",
        name: `${parent}/jobs/migrate/executions/migrate-2`,
      },
    });
    const cloud = await cloudOf([json(200, job("migrate-1")), json(200, job("migrate-1")), json(200, started)]);
    expect(await cloud.jobs.run(await before(cloud), cloud.call)).toBe("migrate-2");
    expect(cloud.asked()).toEqual(["GET /jobs/migrate", "GET /jobs/migrate", "POST /jobs/migrate:run"]);
  });

  test("whose answer was lost is not started twice", async () => {
    const there = json(200, job("migrate-1"));
    const cloud = await cloudOf([there, there, breakConnection, json(200, job("migrate-2"))]);
    expect(await cloud.jobs.run(await before(cloud), cloud.call)).toBe("migrate-2");
    expect(cloud.asked().filter((asked) => asked.startsWith("POST"))).toHaveLength(1);
  });

  test("is started under the etag that an execution has left", async () => {
    const started = operation({
      metadata: {
        "@type": "type.googleapis.com/google.cloud.run.v2.Execution",
        name: `${parent}/jobs/migrate/executions/migrate-2`,
      },
    });
    const there = json(200, job("migrate-1"));
    const cloud = await cloudOf([there, there, refused(409, "ABORTED"), there, there, json(200, started)]);
    expect(await cloud.jobs.run(await before(cloud), cloud.call)).toBe("migrate-2");
  });

  test("of a job that somebody has changed is not started", async () => {
    const cloud = await cloudOf([json(200, job("migrate-1")), json(200, { ...job("migrate-1"), generation: "9" })]);
    await expect(cloud.jobs.run(await before(cloud), cloud.call)).rejects.toMatchObject({ code: "conflict" });
    expect(cloud.asked().some((asked) => asked.startsWith("POST"))).toBe(false);
  });

  test("that never began is an error, told as it is", async () => {
    const there = json(200, job("migrate-1"));
    const cloud = await cloudOf([there, there, breakConnection, there]);
    const run = cloud.jobs.run(await before(cloud), cloud.call);
    await expect(run).rejects.toMatchObject({ code: "unavailable" });
  });
});
