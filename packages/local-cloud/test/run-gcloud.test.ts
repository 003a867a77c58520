// Google's own command line deploys to Cloud Run, as the team's classic script does. It speaks the v1 API.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "vitest";
import { createPlatform } from "../src/platform.ts";
import { createRun } from "../src/run/create-run.ts";
import { createLogStore } from "../src/runtime/log-store.ts";
import { runTool, type ToolRun, testWithTools } from "./platform-tools.ts";
import { ask, serverScript } from "./run-cloud.ts";
import { parsed } from "./run-suite.ts";
import { createTestImages, type TestImages } from "./runtime-images.ts";
import { gcloudEnvironment } from "./support/gcloud.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const project = "demo";
const region = "--region=asia-southeast1";
const timeoutMs = 600_000;

type Gcloud = (...args: readonly string[]) => Promise<ToolRun>;

const start = async (): Promise<{ cloud: TestCloud; images: TestImages; gcloud: Gcloud }> => {
  const folder = createFolder();
  const images = createTestImages(folder);
  const cloud = await startCloud({
    services: (context) => {
      const logs = createLogStore({ dir: join(folder, "logs"), now: context.now });
      const platform = createPlatform(context, { logs });
      const { secrets, sqlSockets: sockets, policies } = platform;
      const run = createRun(context, { images, secrets, sockets, policies, logs, startupMs: 2_000, graceMs: 500 });
      return [...run.services, ...platform.services];
    },
  });
  const env = gcloudEnvironment(createFolder(), cloud.port, { project });
  const gcloud: Gcloud = async (...args) => {
    const { stdout, stderr, code } = await runTool("gcloud", args, env);
    return { stdout, stderr: stripVTControlCharacters(stderr), code };
  };
  return { cloud, images, gcloud };
};

const ok = async (run: Promise<ToolRun>): Promise<ToolRun> => {
  const result = await run;
  expect(result.code, result.stderr).toBe(0);
  return result;
};
const json = async <Value>(run: Promise<ToolRun>): Promise<Value> => JSON.parse((await ok(run)).stdout) as Value;

type Knative = {
  readonly metadata: {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly generation: number;
  };
  readonly status: {
    readonly url: string;
    readonly latestReadyRevisionName: string;
    readonly traffic: readonly Readonly<Record<string, unknown>>[];
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
};

testWithTools(
  ["gcloud"],
  "gcloud deploys a service, reads it back, splits its traffic and takes it away",
  async () => {
    const { images, gcloud } = await start();
    const image = await images.add(
      "api",
      [{ name: "app/main.js", content: serverScript("response.end(JSON.stringify({ ...about, env: process.env }))") }],
      { Entrypoint: ["node", "/app/main.js"] },
    );
    await ok(
      gcloud(
        "services",
        "enable",
        "run.googleapis.com",
        "sqladmin.googleapis.com",
        "sql-component.googleapis.com",
        "secretmanager.googleapis.com",
      ),
    );
    const secret = join(createFolder(), "secret");
    writeFileSync(secret, "django-secret");
    await ok(gcloud("secrets", "create", "DJANGO_SECRET_KEY", `--data-file=${secret}`));

    const flags = [
      "--platform=managed",
      "--allow-unauthenticated",
      `--add-cloudsql-instances=${project}:asia-southeast1:db`,
      "--set-secrets=DJANGO_SECRET_KEY=DJANGO_SECRET_KEY:latest",
      "--set-env-vars=DJANGO_SETTINGS_MODULE=app.prod,VERSION=1",
      "--memory=512Mi",
      "--cpu=1",
      "--concurrency=40",
      "--min-instances=1",
    ];
    const deployed = await ok(gcloud("run", "deploy", "api", `--image=${image}`, region, ...flags));
    expect(deployed.stderr).toMatch(
      /Service \[api\] revision \[api-00001-\w{3}\] has been deployed and is serving 100 percent of traffic/,
    );
    const service = await json<Knative>(gcloud("run", "services", "describe", "api", region, "--format=json"));
    expect(service.metadata.annotations["run.googleapis.com/urls"]).toBe(JSON.stringify([service.status.url]));
    expect(parsed<{ env: Record<string, string> }>(await ask(service.status.url)).env).toMatchObject({
      DJANGO_SECRET_KEY: "django-secret",
      DJANGO_SETTINGS_MODULE: "app.prod",
    });
    const first = service.status.latestReadyRevisionName;

    await ok(
      gcloud(
        "run",
        "deploy",
        "api",
        `--image=${image}`,
        region,
        "--update-env-vars=VERSION=2",
        "--no-traffic",
        "--tag=candidate",
      ),
    );
    const tagged = await json<Knative>(gcloud("run", "services", "describe", "api", region, "--format=json"));
    expect(parsed(await ask(service.status.url)).version).toBe("1");
    const candidate = tagged.status.traffic.find(({ tag }) => tag === "candidate");
    expect(parsed(await ask(String(candidate?.["url"]))).version).toBe("2");
    expect(
      parsed<{ env: Record<string, string> }>(await ask(String(candidate?.["url"]))).env,
      "what was set before",
    ).toMatchObject({ DJANGO_SECRET_KEY: "django-secret" });

    await ok(gcloud("run", "services", "update-traffic", "api", "--to-latest", region));
    expect(parsed(await ask(service.status.url)).version).toBe("2");
    await ok(gcloud("run", "services", "update-traffic", "api", `--to-revisions=${first}=100`, region));
    expect(parsed(await ask(service.status.url)).version).toBe("1");
    const previous = await gcloud("run", "services", "update-traffic", "api", "--to-revisions=PREV=100", region);
    expect(previous.code).toBe(1);
    expect(previous.stderr).toContain("Revision 'PREV' does not exist or is deleted");
    expect(parsed(await ask(service.status.url)).version, "as it was").toBe("1");
    await ok(gcloud("run", "services", "update-traffic", "api", `--to-revisions=${first}=100`, region));

    const unchanged = await json<Knative[]>(
      gcloud("run", "revisions", "list", "--service=api", region, "--format=json"),
    );
    expect(unchanged, "moving traffic makes no revision").toHaveLength(2);
    await ok(gcloud("run", "services", "update", "api", region, "--update-labels=team=core"));
    expect(
      (await json<Knative[]>(gcloud("run", "services", "list", "--format=json"))).map(({ metadata }) => metadata.name),
    ).toEqual(["api"]);
    expect((await ok(gcloud("run", "services", "list", region))).stdout).toContain("asia-southeast1");
    const revisions = await json<Knative[]>(
      gcloud("run", "revisions", "list", "--service=api", region, "--format=json"),
    );
    expect(revisions.map(({ metadata }) => metadata.name)).toContain(first);
    const retired = revisions.find(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === "Active" && is === "False"),
    );
    await ok(gcloud("run", "revisions", "describe", first, region));
    if (
      retired &&
      retired.metadata.name !==
        (await json<Knative>(gcloud("run", "services", "describe", "api", region, "--format=json"))).status
          .latestReadyRevisionName
    ) {
      await ok(gcloud("run", "revisions", "delete", retired.metadata.name, region));
    }
    await ok(
      gcloud(
        "run",
        "services",
        "add-iam-policy-binding",
        "api",
        region,
        "--member=user:ann@example.com",
        "--role=roles/run.invoker",
      ),
    );
    expect((await ok(gcloud("run", "services", "logs", "read", "api", region, "--limit=50"))).stdout).toContain(
      "listening",
    );

    const mapped = await ok(
      gcloud("beta", "run", "domain-mappings", "create", "--service=api", "--domain=api.botbalance.me", region),
    );
    expect(mapped.stdout).toContain("ghs.googlehosted.com.");
    expect((await ask(`http://api.botbalance.me.localhost:${new URL(service.status.url).port}`)).status).toBe(200);

    await ok(gcloud("run", "services", "delete", "api", region));
    expect((await ask(service.status.url)).status).toBe(404);
  },
  timeoutMs,
);

testWithTools(
  ["gcloud"],
  "gcloud is told why a worker that never listens does not start as a service",
  async () => {
    const { images, gcloud } = await start();
    const image = await images.add(
      "worker",
      [{ name: "app/celery.js", content: "console.log('celery ready'); setInterval(() => {}, 1000)" }],
      { Entrypoint: ["node"] },
    );
    const refused = await gcloud(
      "run",
      "deploy",
      "worker",
      `--image=${image}`,
      region,
      "--platform=managed",
      "--no-allow-unauthenticated",
      "--memory=512Mi",
      "--command=node",
      "--args=/app/celery.js,-l,info",
      "--min-instances=0",
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /Revision 'worker-00001-\w{3}' is not ready and cannot serve traffic\. The user-provided container failed to start and listen on the port defined provided by the PORT=8080/,
    );
    expect((await ok(gcloud("run", "services", "logs", "read", "worker", region))).stdout).toContain("celery ready");
  },
  timeoutMs,
);

testWithTools(
  ["gcloud"],
  "gcloud makes a job, executes it, and lists pools that others deployed",
  async () => {
    const { images, gcloud, cloud } = await start();
    const image = await images.add(
      "migrate",
      [
        {
          name: "app/main.js",
          content: "console.log('migrated', process.argv[2]); process.exit(process.argv[2] === 'broken' ? 1 : 0)",
        },
      ],
      { Entrypoint: ["node", "/app/main.js"] },
    );
    await ok(
      gcloud(
        "run",
        "jobs",
        "create",
        "migrate",
        `--image=${image}`,
        region,
        "--args=up",
        "--max-retries=0",
        "--task-timeout=60s",
        "--set-env-vars=A=1",
      ),
    );
    expect((await ok(gcloud("run", "jobs", "execute", "migrate", region, "--wait"))).stderr).toContain(
      "has successfully completed",
    );
    await ok(gcloud("run", "jobs", "deploy", "migrate", `--image=${image}`, region, "--args=broken"));
    const failed = await gcloud("run", "jobs", "execute", "migrate", region, "--wait");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("The execution failed");
    expect(
      (await json<Knative[]>(gcloud("run", "jobs", "list", "--format=json"))).map(({ metadata }) => metadata.name),
    ).toEqual(["migrate"]);
    const executions = await json<Knative[]>(
      gcloud("run", "jobs", "executions", "list", "--job=migrate", region, "--format=json"),
    );
    expect(executions).toHaveLength(2);
    await ok(gcloud("run", "jobs", "executions", "describe", executions[0]?.metadata.name ?? "", region));
    await ok(gcloud("run", "jobs", "describe", "migrate", region));
    const pool = {
      template: { containers: [{ image, command: ["node"], args: ["-e", "setInterval(() => {}, 1000)"] }] },
    };
    await cloud.fetchJson("/v2/projects/demo/locations/asia-southeast1/workerPools?workerPoolId=worker", {
      method: "POST",
      body: JSON.stringify(pool),
    });
    expect((await ok(gcloud("beta", "run", "worker-pools", "list", region))).stdout).toContain("worker");
    await ok(gcloud("run", "jobs", "delete", "migrate", region));
  },
  timeoutMs,
);
