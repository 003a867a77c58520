// Google's own command line sets a project up, as the team's classic script does.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { expect } from "vitest";
import { runTool, type ToolRun, testWithTools } from "./platform-tools.ts";
import { registryClient } from "./registry-support.ts";
import { gcloudEnvironment } from "./support/gcloud.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const project = "demo-project";
const region = "asia-southeast1";

function gcloudFor({ port }: TestCloud): (...args: readonly string[]) => Promise<ToolRun> {
  const env = gcloudEnvironment(createFolder(), port, { project });
  return (...args) => runTool("gcloud", args, env);
}

type Gcloud = ReturnType<typeof gcloudFor>;

/** Runs a command that must succeed; its result as JSON. */
async function json<Value = Record<string, unknown>>(gcloud: Gcloud, ...args: readonly string[]): Promise<Value> {
  const { stdout, stderr, code } = await gcloud(...args, "--format=json");
  if (code !== 0) throw new Error(`gcloud ${args.join(" ")} ended with ${code}: ${stderr}`);
  return (stdout.trim() === "" ? undefined : JSON.parse(stdout)) as Value;
}

const timeoutMs = 180_000;

testWithTools(
  ["gcloud"],
  "gcloud enables APIs, makes a repository and an account with its roles and key",
  async () => {
    const cloud = await startCloud();
    const gcloud = gcloudFor(cloud);
    await json(gcloud, "services", "enable", "run.googleapis.com", "sqladmin.googleapis.com");
    const enabled = await json<{ config: { name: string } }[]>(gcloud, "services", "list", "--enabled");
    expect(enabled.map(({ config }) => config.name)).toContain("run.googleapis.com");

    const repository = ["artifacts", "repositories"] as const;
    const create = ["create", "backend", "--repository-format=docker", "--description=Images"];
    await json(gcloud, ...repository, ...create, `--location=${region}`);
    const listed = await json<object[]>(gcloud, ...repository, "list", `--location=${region}`);
    expect(listed).toMatchObject([
      { name: `projects/${project}/locations/${region}/repositories/backend`, format: "DOCKER" },
    ]);
    expect(await json(gcloud, ...repository, "describe", "backend", `--location=${region}`)).toMatchObject({
      description: "Images",
    });

    const email = `gh-deployer@${project}.iam.gserviceaccount.com`;
    await json(gcloud, "iam", "service-accounts", "create", "gh-deployer", "--display-name=Deployer");
    const bind = ["projects", "add-iam-policy-binding", project, `--member=serviceAccount:${email}`];
    const policy = await json(gcloud, ...bind, "--role=roles/run.admin");
    expect(policy["bindings"]).toContainEqual({ role: "roles/run.admin", members: [`serviceAccount:${email}`] });
    const keyFile = join(createFolder(), "key.json");
    await json(gcloud, "iam", "service-accounts", "keys", "create", keyFile, `--iam-account=${email}`);
    const bindAccount = [
      "iam",
      "service-accounts",
      "add-iam-policy-binding",
      email,
      `--member=serviceAccount:${email}`,
    ];
    await json(gcloud, ...bindAccount, "--role=roles/iam.serviceAccountUser");
    expect(await json<object[]>(gcloud, "iam", "service-accounts", "list")).toMatchObject([{ email }]);
  },
  timeoutMs,
);

testWithTools(
  ["gcloud"],
  "gcloud makes a database and a user in a PostgreSQL that then takes them",
  async () => {
    const cloud = await startCloud();
    const gcloud = gcloudFor(cloud);
    const create = ["--database-version=POSTGRES_15", "--cpu=2", "--memory=7680MB", `--region=${region}`];
    await json(gcloud, "sql", "instances", "create", "botbalance-db", ...create);
    await json(gcloud, "sql", "databases", "create", "appdb", "--instance=botbalance-db");
    await json(gcloud, "sql", "users", "create", "appuser", "--instance=botbalance-db", "--password=strong");
    expect(await json<object[]>(gcloud, "sql", "instances", "list")).toMatchObject([{ state: "RUNNABLE" }]);
    expect(await json(gcloud, "sql", "instances", "describe", "botbalance-db")).toMatchObject({
      connectionName: `${project}:${region}:botbalance-db`,
    });
    const host = join(cloud.dataDir, "sql", project, "botbalance-db", "socket");
    const client = new Client({ host, user: "appuser", password: "strong", database: "appdb" });
    await client.connect();
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await client.end();
    await json(gcloud, "sql", "instances", "delete", "botbalance-db");
    expect(await json<object[]>(gcloud, "sql", "instances", "list")).toEqual([]);
  },
  timeoutMs,
);

testWithTools(
  ["gcloud"],
  "gcloud creates secrets and versions, reads, disables and destroys them",
  async () => {
    const gcloud = gcloudFor(await startCloud());
    const file = join(createFolder(), "value");
    writeFileSync(file, "first");
    await json(gcloud, "secrets", "create", "DJANGO_SECRET_KEY", `--data-file=${file}`);
    writeFileSync(file, "second");
    await json(gcloud, "secrets", "versions", "add", "DJANGO_SECRET_KEY", `--data-file=${file}`);
    const version = (verb: string, number: string) =>
      gcloud("secrets", "versions", verb, number, "--secret=DJANGO_SECRET_KEY");
    expect((await version("access", "latest")).stdout).toBe("second");
    expect((await version("access", "1")).stdout).toBe("first");
    expect(await json<object[]>(gcloud, "secrets", "versions", "list", "DJANGO_SECRET_KEY")).toMatchObject([
      { state: "ENABLED", name: expect.stringMatching(/versions\/2$/) },
      { state: "ENABLED" },
    ]);
    await version("disable", "2");
    const refused = await version("access", "latest");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("is in DISABLED state")]);
    await version("destroy", "1");
    expect((await version("access", "1")).stderr).toContain("is in DESTROYED state");
    const bind = ["secrets", "add-iam-policy-binding", "DJANGO_SECRET_KEY", "--member=user:a@example.com"];
    await json(gcloud, ...bind, "--role=roles/secretmanager.secretAccessor");
    expect(await json<object[]>(gcloud, "secrets", "list")).toHaveLength(1);
  },
  timeoutMs,
);

testWithTools(
  ["gcloud"],
  "gcloud lists, describes, tags and removes images",
  async () => {
    const cloud = await startCloud();
    const gcloud = gcloudFor(cloud);
    await json(
      gcloud,
      "artifacts",
      "repositories",
      "create",
      "backend",
      "--repository-format=docker",
      `--location=${region}`,
    );
    const { digest } = await registryClient(cloud).pushImage(`${project}/backend/api`, "v1");
    const image = `${region}-docker.pkg.dev/${project}/backend/api`;
    const docker = ["artifacts", "docker"] as const;
    const images = await json<object[]>(
      gcloud,
      ...docker,
      "images",
      "list",
      `${region}-docker.pkg.dev/${project}/backend`,
      "--include-tags",
    );
    expect(images).toMatchObject([{ package: image, version: digest, tags: ["v1"] }]);
    expect(await json(gcloud, ...docker, "images", "describe", `${image}:v1`)).toMatchObject({
      image_summary: { digest },
    });
    await json(gcloud, ...docker, "tags", "add", `${image}:v1`, `${image}:live`);
    expect(await json<object[]>(gcloud, ...docker, "tags", "list", image)).toHaveLength(2);
    expect((await gcloud(...docker, "images", "delete", `${image}@${digest}`)).code).toBe(1);
    await json(gcloud, ...docker, "images", "delete", `${image}@${digest}`, "--delete-tags");
    expect(await json<object[]>(gcloud, ...docker, "images", "list", image)).toEqual([]);
  },
  timeoutMs,
);

testWithTools(
  ["gcloud", "redis-server"],
  "gcloud makes a Redis instance and tells its password",
  async () => {
    const gcloud = gcloudFor(await startCloud());
    const at = `--region=${region}`;
    await json(gcloud, "redis", "instances", "create", "queue", "--size=1", "--enable-auth", at);
    expect(await json(gcloud, "redis", "instances", "describe", "queue", at)).toMatchObject({
      state: "READY",
    });
    expect(await json(gcloud, "redis", "instances", "get-auth-string", "queue", at)).toMatchObject({
      authString: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await json(gcloud, "redis", "instances", "delete", "queue", at);
  },
  timeoutMs,
);
