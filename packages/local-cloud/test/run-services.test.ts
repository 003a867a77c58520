// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
import { describe, expect, it } from "vitest";
import { ask, everyone, serverScript } from "./run-cloud.ts";
import { location, parent, parsed, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { call, create, image, revisions, service, update } = suite;

const refusal = (promise: Promise<unknown>): Promise<{ readonly code?: number; readonly message: string }> =>
  promise.then(
    () => ({ message: "no refusal" }),
    (error: { code: number; message: string }) => error,
  );

const shortName = (name = ""): string => name.slice(name.lastIndexOf("/") + 1);

describe("a service", () => {
  it("is created, reads back whole, and answers on its address", async () => {
    const created = await create("first", await image("first"));
    expect(created).toMatchObject({
      ...{ name: `${parent}/services/first`, generation: "1", observedGeneration: "1", reconciling: false },
      terminalCondition: { type: "Ready", state: "CONDITION_SUCCEEDED" },
      conditions: [{ type: "RoutesReady" }, { type: "ConfigurationsReady" }],
      traffic: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
      template: {
        ...{ timeout: "300s", maxInstanceRequestConcurrency: 80 },
        containers: [
          { ports: [{ name: "http1", containerPort: 8080 }], resources: { limits: { cpu: "1000m", memory: "512Mi" } } },
        ],
      },
    });
    const revision = shortName(created.latestReadyRevision);
    expect(revision).toMatch(/^first-00001-[a-z0-9]{3}$/);
    expect(created.trafficStatuses).toEqual([
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100, revision },
    ]);
    expect(created.uri).toMatch(new RegExp(`^http://first-\\d{12}\\.${location}\\.run\\.localhost:\\d+$`));
    const answer = await ask(created.uri, { path: "/a?b=c" });
    expect({ status: answer.status, ...parsed(answer) }).toMatchObject({
      status: 200,
      service: "first",
      revision,
      path: "/a?b=c",
    });
  });

  it("is deployed by a tag that is pinned to the digest it means then", async () => {
    const reference = await image("pinned");
    const tag = reference.replace(/@.*$/, ":latest");
    const created = await create("pinned", tag);
    expect(created.template.containers?.[0]?.image).toBe(tag);
    expect((await revisions("pinned"))[0]?.containers?.[0]?.image, "the digest").toBe(reference);
    await image("pinned", serverScript("response.end('other')"));
    expect((await ask(created.uri)).text).not.toBe("other");
  });

  it("is refused with every reason when what it asks for cannot be", async () => {
    const container = {
      image: "x",
      env: [{ name: "PORT", value: "1" }, { name: "A" }, { name: "A" }],
      resources: { limits: { memory: "1Xi" } },
      // https://cloud.google.com/run/docs/configuring/healthchecks: "TCP startup probes, along with HTTP and gRPC liveness probes"
      livenessProbe: { tcpSocket: {} },
    };
    const { message, code } = await refusal(create("Wrong-Name", "x"));
    expect({ code, message }).toMatchObject({ code: 3, message: expect.stringContaining("service_id") });
    const all = await refusal(create("wrong", "x", { containers: [container] }));
    expect(all.code).toBe(3);
    expect(all.message).toContain("The following reserved env names were provided: PORT");
    expect(all.message).toContain("A is set more than once");
    expect(all.message).toContain("Invalid value specified for memory");
    expect(all.message).toContain("liveness_probe.tcp_socket");
    expect((await call("GET", `${parent}/services/wrong`)).status).toBe(404);
  });

  it("is refused by name where the local cloud lacks what it asks for", async () => {
    const sidecars = await call("POST", `${parent}/services?serviceId=sidecar`, {
      template: { containers: [{ image: "a" }, { image: "b" }] },
    });
    expect(sidecars).toMatchObject({ status: 501, json: { error: { message: expect.stringContaining("sidecars") } } });
    const bucket = { containers: [{ image: "a" }], volumes: [{ name: "v", gcs: { bucket: "b" } }] };
    expect((await call("POST", `${parent}/services?serviceId=bucket`, { template: bucket })).status).toBe(501);
  });

  it("is only validated when asked so", async () => {
    const reference = await image("validated");
    const { status, json } = await call("POST", `${parent}/services?serviceId=validated&validateOnly=true`, {
      template: { containers: [{ image: reference }] },
    });
    expect({ status, done: json.done }).toEqual({ status: 200, done: true });
    expect((await call("GET", `${parent}/services/validated`)).status).toBe(404);
  });

  it("is not made twice, unless by an update that may make it", async () => {
    const reference = await image("twice");
    await create("twice", reference);
    expect(await refusal(create("twice", reference))).toMatchObject({ code: 6 });
    const path = `${parent}/services/made-by-update`;
    const body = { template: { containers: [{ image: reference }] } };
    expect((await call("PATCH", path, body)).status).toBe(404);
    expect((await call("PATCH", `${path}?allowMissing=true`, body)).status).toBe(200);
    await expect.poll(async () => (await service("made-by-update")).reconciling, { timeout: 10_000 }).toBe(false);
  });

  // https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service.FIELDS.etag
  it("refuses a change by a client that saw another version of it", async () => {
    const { etag } = await create("versioned", await image("versioned"));
    expect((await update("versioned", { etag, labels: { a: "1" } }, ["labels"])).labels).toEqual({ a: "1" });
    const { code, message } = await refusal(update("versioned", { etag, labels: { a: "2" } }, ["labels"]));
    expect({ code, message }).toMatchObject({
      code: 10,
      message: expect.stringContaining("Conflict for resource 'versioned'"),
    });
    expect((await call("DELETE", `${parent}/services/versioned?etag=${encodeURIComponent(etag)}`)).status).toBe(409);
  });

  it("changes only what the mask names, and makes a revision only for another template", async () => {
    const reference = await image("masked");
    const before = await create("masked", reference, { labels: { keep: "me" } });
    const labelled = await update(
      "masked",
      { labels: { team: "core" }, template: { containers: [{ image: "ignored" }] } },
      ["labels"],
    );
    expect(labelled).toMatchObject({
      generation: "2",
      labels: { team: "core" },
      latestCreatedRevision: before.latestCreatedRevision,
    });
    const changed = await update("masked", { template: { maxInstanceRequestConcurrency: 3 } }, [
      "template.maxInstanceRequestConcurrency",
    ]);
    expect(changed.template).toMatchObject({ labels: { keep: "me" }, maxInstanceRequestConcurrency: 3 });
    expect(shortName(changed.latestReadyRevision)).toMatch(/^masked-00002-/);
    const same = await update("masked", { template: { maxInstanceRequestConcurrency: 3 } }, [
      "template.maxInstanceRequestConcurrency",
    ]);
    expect(same.generation, "nothing changed").toBe(changed.generation);
  });

  // https://cloud.google.com/run/docs/managing/revisions#custom-revision-name
  it("takes a revision's name that is asked for, once", async () => {
    const reference = await image("named");
    await create("named", reference, { revision: "named-green" });
    expect((await revisions("named")).map(({ name }) => shortName(name))).toEqual(["named-green"]);
    const other = {
      template: { revision: "named-green", containers: [{ image: reference, env: [{ name: "A", value: "1" }] }] },
    };
    expect(await refusal(update("named", other, ["template"]))).toMatchObject({
      code: 6,
      message: expect.stringContaining("Revision named 'named-green' with different configuration already exists."),
    });
    const foreign = { template: { revision: "other-green", containers: [{ image: reference }] } };
    expect(await refusal(update("named", foreign, ["template"]))).toMatchObject({ code: 3 });
  });

  // https://cloud.google.com/run/docs/managing/services#delete
  it("is deleted with its revisions; its processes get SIGTERM; a new one begins anew", async () => {
    const reference = await image("gone");
    const { uri } = await create("gone", reference);
    const [operation] = await suite.cloud().clients.services.deleteService({ name: `${parent}/services/gone` });
    const [deleted] = await operation.promise();
    expect(deleted.deleteTime).toBeTruthy();
    expect((await call("GET", `${parent}/services/gone`)).status).toBe(404);
    expect((await ask(uri)).status).toBe(404);
    await expect.poll(() => suite.cloud().lines("gone"), { timeout: 10_000 }).toContain("terminating");
    expect(shortName((await create("gone", reference)).latestReadyRevision)).toMatch(/^gone-00001-/);
  });

  it("is listed newest first, by pages", async () => {
    const list = await call<{ services: readonly { name: string; createTime: string }[]; nextPageToken: string }>(
      "GET",
      `${parent}/services?pageSize=2`,
    );
    expect(list.json.services).toHaveLength(2);
    const times = list.json.services.map(({ createTime }) => createTime);
    expect(times).toEqual(times.toSorted().reverse());
    const next = await call<{ services: readonly { name: string }[] }>(
      "GET",
      `${parent}/services?pageSize=2&pageToken=${list.json.nextPageToken}`,
    );
    expect(next.json.services.map(({ name }) => name)).not.toContain(list.json.services[0]?.name);
  });

  // https://cloud.google.com/run/docs/securing/managing-access, and https://cloud.google.com/iam/docs/allow-policies#etag
  it("lets in only whom its policy names", async () => {
    const { uri } = await create("private", await image("private"), {}, { invokerIamDisabled: false });
    expect((await ask(uri)).status).toBe(403);
    expect((await ask(uri, { headers: { authorization: "Bearer email:eve@example.com" } })).status).toBe(403);
    const [policy] = await suite.cloud().clients.services.setIamPolicy({
      resource: `${parent}/services/private`,
      policy: { bindings: [{ role: "roles/run.invoker", members: ["user:ann@example.com"] }] },
    });
    expect((await ask(uri, { headers: { authorization: "Bearer email:ann@example.com" } })).status).toBe(200);
    expect((await ask(uri, { headers: { authorization: "Bearer email:eve@example.com" } })).status).toBe(403);
    const stale = { resource: `${parent}/services/private`, policy: { ...everyone.policy, etag: Buffer.from("old") } };
    expect(await refusal(suite.cloud().clients.services.setIamPolicy(stale))).toMatchObject({ code: 10 });
    const open = { resource: `${parent}/services/private`, policy: { ...everyone.policy, etag: policy.etag ?? null } };
    await suite.cloud().clients.services.setIamPolicy(open);
    expect((await ask(uri)).status).toBe(200);
  });

  it("answers a request for a method that it does not have with its name", async () => {
    const { status, json } = await call<{ error: { message: string } }>("GET", `${parent}/instances`);
    expect({ status, message: json.error.message }).toMatchObject({
      status: 501,
      message: expect.stringContaining("ListInstances"),
    });
  });
});
