import { describe, expect, onTestFinished, test } from "vitest";
import { createClients, gaxOptions } from "../src/google/clients.ts";
import { createTransport } from "../src/google/create-transport.ts";
import { createJobs } from "../src/google/run-jobs.ts";
import { createServices, createWorkerPools } from "../src/google/run-services.ts";
import type { ContainerSpec } from "../src/target.ts";
import { testEnvironment } from "./support/environment.ts";
import { protoProblems } from "./support/proto-check.ts";
import { testRuntime } from "./support/runtime.ts";
import { type Answerer, json, scriptedServer } from "./support/scripted-server.ts";

const service = "/v2/projects/p/locations/l/services/api";
const template = { containers: [{ image: "i" }] };
const sent = (method: string, url: string, body?: object) =>
  protoProblems({ method, url, body: body === undefined ? "" : JSON.stringify(body) });

describe("the check of requests against the protos", () => {
  test("lets pass what they allow", () => {
    expect(sent("GET", service)).toEqual([]);
    expect(sent("PATCH", `${service}?updateMask=template,labels`, { template, labels: { a: "b" } })).toEqual([]);
    expect(sent("POST", "/v2/projects/p/locations/l/services?serviceId=api", { template })).toEqual([]);
    expect(sent("POST", "/v2/projects/p/locations/l/jobs/migrate:run", {})).toEqual([]);
  });

  test.each<readonly [string, string, string, object | undefined, string]>([
    ["an unknown field", "PATCH", service, { template, colour: "red" }, "Service.colour is unknown"],
    ["an unknown nested field", "PATCH", service, { template: { image: "i" } }, "Service.template.image is unknown"],
    ["what only Google sets", "PATCH", service, { template, uri: "x" }, "Service.uri is set by Google only"],
    ["a missing required field", "PATCH", service, {}, "Service.template is required"],
    ["a missing nested one", "PATCH", service, { template: { containers: [{}] } }, "containers[0].image is required"],
    ["a missing parameter", "POST", "/v2/projects/p/locations/l/services", { template }, '"serviceId" is missing'],
    ["an unknown parameter", "GET", `${service}?colour=red`, undefined, 'query parameter "colour"'],
    ["a mask of what is not there", "PATCH", `${service}?updateMask=colour`, {}, 'updateMask names "colour"'],
    ["an unknown enum value", "PATCH", service, { template, ingress: "MOON" }, 'no value "MOON"'],
    ["a number where text belongs", "PATCH", service, { template, etag: 7 }, "Service.etag must be string"],
    ["a duration that is none", "PATCH", service, { template: { timeout: 300 } }, "is not google.protobuf.Duration"],
    ["an unknown path", "POST", "/v2/projects/p/locations/l/moons", {}, "no RPC has this method and path"],
    ["a body that must not be", "GET", service, { a: 1 }, "there must be no body"],
  ])("finds %s", (_what, method, url, body, problem) => {
    expect(sent(method, url, body).join("\n")).toContain(problem);
  });
});

const container: ContainerSpec = {
  image: `eu-docker.pkg.dev/p/r/api@sha256:${"a".repeat(64)}`,
  command: ["node"],
  args: ["api"],
  env: { PLAIN: "1" },
  secrets: { DATABASE_URL: { secret: "DATABASE_URL", version: "3" } },
  cpu: 0.5,
  memoryMb: 512,
  cloudSql: ["p:l:db"],
  serviceAccount: "runtime@p.iam.gserviceaccount.com",
};
const probe = { path: "/api/live", periodS: 1, timeoutS: 2, failures: 60 };
const serviceSpec = {
  container,
  concurrency: 40,
  timeoutS: 300,
  min: 1,
  max: 4,
  cpuAlways: false,
  startup: probe,
  liveness: probe,
};
const shares = [
  { revision: "api-1", percent: 100 },
  { revision: "api-2", percent: 0, tag: "next" },
];
const call = { signal: new AbortController().signal, subject: "a test" };
const labels = { "managed-by": "slipway" };

/** Answers reads with `live` (404 where there is none) and every write with an operation that is done. */
const cloud =
  (live: object | undefined): Answerer =>
  (request, response, incoming) => {
    if (request.method !== "GET")
      return json(200, {
        name: "projects/p/locations/l/operations/1",
        done: true,
        response: { "@type": "type.googleapis.com/google.protobuf.Empty" },
      })(request, response, incoming);
    return (live ? json(200, live) : json(404, { error: { code: 404, status: "NOT_FOUND" } }))(
      request,
      response,
      incoming,
    );
  };

async function runOn(live: object | undefined) {
  const server = await scriptedServer(cloud(live));
  const environment = testEnvironment(server.endpoint);
  const runtime = testRuntime();
  const transport = createTransport({ environment, signal: call.signal, runtime });
  onTestFinished(() => transport.close());
  const clients = createClients(environment, transport);
  const context = { parent: "projects/p/locations/l", transport, clients, runtime };
  const problems = () => server.seen.flatMap(protoProblems);
  const written = () =>
    server.seen.filter(({ method }) => method !== "GET").map(({ body }) => JSON.parse(body || "{}"));
  return { context, clients, problems, written };
}

describe("every write of the SDK is as the protos say", () => {
  const live = {
    name: "projects/p/locations/l/services/api",
    etag: "e1",
    generation: "3",
    template,
    labels: { theirs: "1" },
  };
  const change = { name: "api", revision: "api-2", labels, shares, generation: "3" };

  test("a service is created", async () => {
    const { context, problems, written } = await runOn(undefined);
    await createServices(context).apply(
      { ...change, spec: serviceSpec, shares: undefined, generation: undefined },
      call,
    );
    expect(problems()).toEqual([]);
    expect(written()).toMatchObject([
      { template: { revision: "api-2", timeout: "300s", containers: [{ resources: { limits: { cpu: "500m" } } }] } },
    ]);
  });

  test("a service is updated, and only where the release has a say", async () => {
    const theirs = { vpcAccess: { connector: "projects/p/locations/l/connectors/c" }, sessionAffinity: true };
    const { context, problems, written } = await runOn({
      ...live,
      ingress: "INGRESS_TRAFFIC_ALL",
      template: { ...template, ...theirs },
    });
    await createServices(context).apply({ ...change, spec: serviceSpec }, call);
    expect(problems()).toEqual([]);
    const [body] = written();
    expect(body).toMatchObject({ etag: "e1", labels: { ...labels, theirs: "1" }, template: theirs });
    expect(body).not.toHaveProperty("ingress");
  });

  test("traffic is set without touching the template", async () => {
    const { context, problems, written } = await runOn({ ...live, traffic: [] });
    await createServices(context).setShares({ name: "api", shares }, call);
    expect(problems()).toEqual([]);
    expect(written()[0]).not.toHaveProperty("template");
  });

  test("a worker pool is created, updated and given its instances", async () => {
    const spec = { container, instances: 2 };
    const fresh = await runOn(undefined);
    await createWorkerPools(fresh.context).apply({ ...change, spec, shares: undefined, generation: undefined }, call);
    const there = await runOn({ ...live, name: "projects/p/locations/l/workerPools/api" });
    const pools = createWorkerPools(there.context);
    await pools.apply({ ...change, spec, shares: [{ revision: "api-1", percent: 100 }] }, call);
    await pools.setShares({ name: "api", shares: [{ revision: "api-2", percent: 100 }] }, call);
    expect([...fresh.problems(), ...there.problems()]).toEqual([]);
    expect(fresh.written()).toMatchObject([{ scaling: { manualInstanceCount: 2 } }]);
  });

  test("a job is created, updated and run, without retries", async () => {
    const spec = { container, timeoutS: 600, retries: 0 };
    const job = { name: "migrate", spec, labels };
    const fresh = await runOn(undefined);
    await createJobs(fresh.context).apply({ ...job, generation: undefined }, call);
    const execution = { name: "projects/p/locations/l/jobs/migrate/executions/migrate-x" };
    const there = await runOn({ ...live, template: { template }, latestCreatedExecution: execution });
    const jobs = createJobs(there.context);
    await jobs.apply({ ...job, generation: "3" }, call);
    const before = await jobs.get("migrate", call);
    if (!before) throw new Error("the job is not there");
    expect(await jobs.run({ ...before, latestExecution: undefined }, call)).toBe("migrate-x");
    expect([...fresh.problems(), ...there.problems()]).toEqual([]);
    expect(fresh.written()).toMatchObject([{ template: { template: { maxRetries: 0, timeout: "600s" } } }]);
  });

  test("a refusal that a client meets is told once, in our words", async () => {
    const server = await scriptedServer(
      json(403, { error: { code: 403, status: "PERMISSION_DENIED", message: "no" } }),
    );
    const environment = testEnvironment(server.endpoint);
    const transport = createTransport({ environment, signal: call.signal, runtime: testRuntime() });
    onTestFinished(() => transport.close());
    const clients = createClients(environment, transport);
    const work = clients.call(call, async () => {
      const client = await clients.services();
      await client.updateService({ service: { name: live.name, template } }, gaxOptions);
    });
    await expect(work).rejects.toMatchObject({ code: "permission-denied", subject: "a test", message: "no" });
    expect(server.seen).toHaveLength(1);
  });
});
