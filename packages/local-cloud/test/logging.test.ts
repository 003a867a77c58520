// Cloud Logging: what containers wrote, filtered as gcloud and the deploy's own client filter it.
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPlatform } from "../src/platform.ts";
import type { LogSeverity, LogSource } from "../src/runtime/log-entry.ts";
import { createLogStore } from "../src/runtime/log-store.ts";
import { startCloud, type TestCloud } from "./support/start-cloud.ts";

type Entry = Record<string, unknown> & { readonly insertId: string; readonly textPayload?: string };
type Answer = { readonly entries?: readonly Entry[]; readonly nextPageToken?: string };

const service = (name: string): LogSource => ({
  project: "demo",
  resource: {
    type: "cloud_run_revision",
    labels: { project_id: "demo", location: "asia-southeast1", service_name: name, revision_name: `${name}-1` },
  },
  labels: { instanceId: "0" },
});

async function start(options: Parameters<typeof startCloud>[0] = {}) {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof createLogStore>>();
  let seconds = 0;
  const cloud = await startCloud({
    services: (context) => {
      const now = () => new Date(Date.parse("2026-01-01T00:00:00Z") + 1_000 * seconds++);
      const logs = createLogStore({ dir: join(context.dataDir, "logs"), now });
      onTestFinished(() => logs.close());
      resolve(logs);
      return createPlatform(context, { logs }).services;
    },
    ...options,
  });
  const logs = await promise;
  const write = (name: string, textPayload: string, severity: LogSeverity = "INFO") =>
    logs.append(service(name), "stdout", { severity, textPayload, labels: {} });
  return { cloud, write };
}

const list = (cloud: TestCloud, body: object) =>
  cloud.fetchJson<Answer>("/v2/entries:list", {
    method: "POST",
    body: JSON.stringify({ resourceNames: ["projects/demo"], ...body }),
  });

const texts = async (cloud: TestCloud, body: object) =>
  ((await list(cloud, body)).json.entries ?? []).map(({ textPayload }) => textPayload);

describe("entries", () => {
  test("are read as `gcloud run services logs read` asks for them", async () => {
    const { cloud, write } = await start();
    write("api", "debugging", "DEBUG");
    write("worker", "other service");
    write("api", "broken", "ERROR");
    const filter =
      "resource.type = cloud_run_revision \n resource.labels.service_name = api \n resource.labels.location = asia-southeast1 \n severity >= DEFAULT \n";
    expect(await texts(cloud, { filter, orderBy: "timestamp desc", pageSize: 100 })).toEqual(["broken", "debugging"]);
    expect(await texts(cloud, { filter: `${filter} severity>=ERROR` })).toEqual(["broken"]);
    expect(await texts(cloud, { filter: 'textPayload:"OTHER" OR severity=DEBUG' })).toEqual([
      "debugging",
      "other service",
    ]);
    expect(await texts(cloud, { filter: 'timestamp>"2026-01-01T00:00:01Z"' })).toEqual(["broken"]);
    expect(await texts(cloud, { filter: 'logName="projects/demo/logs/run.googleapis.com%2Fstdout" broken' })).toEqual([
      "broken",
    ]);
  });

  test("are given a page at a time, in both orders", async () => {
    const { cloud, write } = await start();
    for (const text of ["1", "2", "3", "4", "5"]) write("api", text);
    for (const [orderBy, expected] of [
      ["timestamp asc", ["1", "2", "3", "4", "5"]],
      ["timestamp desc", ["5", "4", "3", "2", "1"]],
    ] as const) {
      const found: unknown[] = [];
      for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
        const { json }: { json: Answer } = await list(cloud, { orderBy, pageSize: 2, pageToken });
        found.push(...(json.entries ?? []).map(({ textPayload }) => textPayload));
        pageToken = json.nextPageToken;
      }
      expect(found).toEqual(expected);
    }
  });

  test("are written by clients too, and kept over a restart", async () => {
    const { cloud } = await start();
    const request = {
      ...{ logName: "projects/demo/logs/own", resource: { type: "global", labels: { project_id: "demo" } } },
      entries: [{ severity: "WARNING", jsonPayload: { message: "hello" } }, { textPayload: "plain" }],
    };
    const written = await cloud.fetchJson("/v2/entries:write", { method: "POST", body: JSON.stringify(request) });
    expect([written.status, written.json]).toEqual([200, {}]);
    const { json } = await list(cloud, { filter: 'logName="projects/demo/logs/own" severity>=WARNING' });
    expect(json.entries).toMatchObject([{ severity: "WARNING", jsonPayload: { message: "hello" } }]);
    await cloud.stop();
    const { cloud: after } = await start({ dataDir: cloud.dataDir });
    expect(await texts(after, { filter: "resource.type=global textPayload:*" })).toEqual(["plain"]);
  });

  test.each([
    ["no project", { resourceNames: [] }, 400],
    ["an organisation", { resourceNames: ["organizations/1"] }, 501],
    ["another order", { orderBy: "severity" }, 400],
    ["a filter that is none", { filter: "a=(" }, 400],
    ["a regular expression", { filter: 'textPayload=~"a+"' }, 501],
    ["a made-up page", { pageToken: "???" }, 400],
  ])("are refused for %s", async (_, body, status) => {
    const { cloud } = await start();
    expect((await list(cloud, body)).status).toBe(status);
  });

  test("of a project are refused to who may not read them", async () => {
    const { cloud } = await start({ iam: "enforce" });
    const body = JSON.stringify({ resourceNames: ["projects/demo"] });
    const headers = { authorization: "Bearer email:nobody@example.com" };
    const { status } = await cloud.fetchJson("/v2/entries:list", { method: "POST", headers, body });
    expect(status).toBe(403);
  });
});

test("what is not implemented says so by its name", async () => {
  const { cloud } = await start();
  const { status, json } = await cloud.fetchJson("/v2/entries:tail", { method: "POST", body: "{}" });
  expect([status, JSON.stringify(json)]).toEqual([501, expect.stringContaining("logging.entries.tail")]);
});
