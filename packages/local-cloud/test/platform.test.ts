// Projects and the APIs that they have enabled.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectNumber } from "../src/resource-manager/project-number.ts";
import { startCloud, type TestCloud } from "./support/start-cloud.ts";

type Json = Record<string, unknown>;
const number = projectNumber("demo-project");
const post = (cloud: TestCloud, path: string, body: object = {}) =>
  cloud.fetchJson<Json>(path, { method: "POST", body: JSON.stringify(body) });

describe("a project", () => {
  test("has a number of twelve digits that only its id decides", () => {
    expect(number).toMatch(/^[1-9]\d{11}$/);
    expect(projectNumber("demo-project")).toBe(number);
    expect(projectNumber("demo-projecu")).not.toBe(number);
  });

  test("is shown by its id, and by its number once it was named", async () => {
    const cloud = await startCloud();
    expect((await cloud.fetchJson(`/v1/projects/${number}`)).status).toBe(404);
    const expected = { projectId: "demo-project", projectNumber: number, lifecycleState: "ACTIVE" };
    expect((await cloud.fetchJson("/v1/projects/demo-project")).json).toMatchObject(expected);
    expect((await cloud.fetchJson(`/v1/projects/${number}`)).json).toMatchObject(expected);
    expect((await cloud.fetchJson("/v3/projects/demo-project")).json).toMatchObject({
      ...{ name: `projects/${number}`, projectId: "demo-project", state: "ACTIVE" },
    });
    expect((await cloud.fetchJson("/v3/projects:search")).json).toMatchObject({
      projects: [{ projectId: "demo-project" }],
    });
    const listed = async (query: string) => (await cloud.fetchJson<{ projects: Json[] }>(query)).json.projects.length;
    expect(await listed("/v1/projects?filter=lifecycleState:ACTIVE%20AND%20projectId:demo*")).toBe(1);
    expect(await listed("/v1/projects?filter=lifecycleState:DELETE_REQUESTED")).toBe(0);
    expect(await listed("/v3/projects:search?query=state:ACTIVE")).toBe(1);
    expect((await cloud.fetchJson("/v1/projects/Not_a_project")).status).toBe(400);
    expect((await cloud.fetchJson("/v1/projects", { method: "POST", body: "{}" })).status).toBe(501);
  });
});

describe("an API", () => {
  const usage = "/v1/projects/demo-project/services";

  test("is disabled until it is enabled, but for those that every project has", async () => {
    const cloud = await startCloud();
    const state = async (service: string) => (await cloud.fetchJson<Json>(`${usage}/${service}`)).json["state"];
    expect([await state("run.googleapis.com"), await state("sql-component.googleapis.com")]).toEqual([
      "DISABLED",
      "ENABLED",
    ]);
    const { json } = await post(cloud, `${usage}:batchEnable`, {
      serviceIds: ["run.googleapis.com", "sqladmin.googleapis.com"],
    });
    expect(json).toMatchObject({ done: true, response: { services: [{ state: "ENABLED" }, { state: "ENABLED" }] } });
    expect(await state("run.googleapis.com")).toBe("ENABLED");
    expect(
      (await cloud.fetchJson(`${usage}:batchGet?names=projects/demo-project/services/run.googleapis.com`)).json,
    ).toMatchObject({
      services: [{ name: `projects/${number}/services/run.googleapis.com`, state: "ENABLED" }],
    });
    const { json: list } = await cloud.fetchJson<{ services: Json[] }>(`${usage}?filter=state:ENABLED&pageSize=200`);
    const names = list.services.map((service) => String(service["name"]).split("/").at(-1));
    expect(names).toContain("run.googleapis.com");
    expect(names).not.toContain("redis.googleapis.com");
    await post(cloud, `${usage}/run.googleapis.com:disable`);
    expect(await state("run.googleapis.com")).toBe("DISABLED");
  });

  test("that is not enabled refuses its calls only while that is asked for", async () => {
    const cloud = await startCloud();
    const secrets = "/v1/projects/demo-project/secrets";
    expect((await cloud.fetchJson(secrets)).status).toBe(200);
    await post(cloud, "/_local/service-usage:enforce");
    const refused = await cloud.fetchJson(secrets);
    expect([refused.status, refused.json]).toMatchObject([
      403,
      {
        error: {
          status: "PERMISSION_DENIED",
          message: expect.stringContaining(`Secret Manager API has not been used in project ${number} before`),
          details: [{ reason: "SERVICE_DISABLED", metadata: { service: "secretmanager.googleapis.com" } }],
        },
      },
    ]);
    await post(cloud, `${usage}/secretmanager.googleapis.com:enable`);
    expect((await cloud.fetchJson(secrets)).status).toBe(200);
    await post(cloud, "/_local/service-usage:ignore");
    expect((await cloud.fetchJson("/v1/projects/demo-project/locations/us-central1/repositories")).status).toBe(200);
  });

  test.each([
    ["nothing", []],
    ["too many", Array.from({ length: 21 }, (_, index) => `api${index}.googleapis.com`)],
    ["what is no API", ["../../x"]],
  ])("is refused in a batch of %s", async (_, serviceIds) => {
    const cloud = await startCloud();
    expect((await post(cloud, `${usage}:batchEnable`, { serviceIds })).status).toBe(400);
  });
});

test("operations of two APIs at one path are each found", async () => {
  const cloud = await startCloud();
  const parent = "/v1/projects/demo-project/locations/asia-southeast1";
  const { json } = await post(cloud, `${parent}/repositories?repositoryId=backend`, { format: "DOCKER" });
  expect((await cloud.fetchJson(`/v1/${json["name"]}`)).json).toMatchObject({ done: true });
  expect((await cloud.fetchJson(`${parent}/operations/none`)).status).toBe(404);
});

test.each(["..", "../..", "a/b", "A", "-", "x".repeat(64)])(
  "no folder is made for a project named %j",
  async (project) => {
    const cloud = await startCloud();
    const encoded = encodeURIComponent(project).replaceAll(".", "%2E");
    const settings = { tier: "db-f1-micro" };
    const answers = [
      await post(cloud, `/v1/projects/${encoded}/instances`, { name: "db", databaseVersion: "POSTGRES_15", settings }),
      await post(cloud, `/v1/projects/${encoded}/locations/us-central1/instances?instanceId=queue`, {
        memorySizeGb: 1,
      }),
      await post(cloud, `/v1/projects/${encoded}/locations/us-central1/repositories?repositoryId=x`, {
        format: "DOCKER",
      }),
      await post(cloud, `/v1/projects/${encoded}/secrets?secretId=x`, { replication: { automatic: {} } }),
      await post(cloud, `/v1/projects/${encoded}/serviceAccounts`, { accountId: "account-one" }),
    ];
    for (const { status } of answers) expect([400, 404, 501]).toContain(status);
    for (const folder of [cloud.dataDir, join(cloud.dataDir, "..")]) {
      expect(readdirSync(folder).filter((name) => ["db", "us-central1", "queue"].includes(name))).toEqual([]);
    }
  },
);
