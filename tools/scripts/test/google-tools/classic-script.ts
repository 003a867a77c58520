// What every line of the classic script says, and what serves after it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { runClassicScript, type StepRun } from "../../src/classic-script/classic-script.mts";
import { ask } from "../support/ask.ts";
import { waitFor } from "../support/wait-for.ts";
import { inOrder, lane, region, type UseSession } from "./session.ts";

const placeholders = {
  STRONG_PASSWORD: "s7rong-Passw0rd",
  your_django_secret: "django-secret",
  REDIS_URL_FROM_UPSTASH: "rediss://default:token@upstash.example:6379",
  FERNET_KEY: "bG9jYWwta2V5LW9mLTMyLWJ5dGVzLWZvci10ZXN0cyE=",
};

const noRevision = /Revision 'PREV' does not exist or is deleted/;

/** Exit code and words of each step, in the script's order. */
const outcomes: readonly (readonly [title: string, code: number, says: RegExp])[] = [
  ["1 APIs", 0, /^$/],
  ["2 repository", 0, /Created repository \[botbalance-backend\]/],
  ["3 deployer", 0, /Created service account \[gh-deployer\]/],
  ["3 role run.admin", 0, /role: roles\/run\.admin\n/],
  ["3 role artifactregistry.writer", 0, /role: roles\/artifactregistry\.writer\n/],
  ["3 role secretmanager.secretAccessor", 0, /role: roles\/secretmanager\.secretAccessor\n/],
  ["3 role cloudsql.client", 0, /role: roles\/cloudsql\.client\n/],
  ["3 key", 0, /created key \[\w{40}\] of type \[json\] as \[gh-deployer\.json\]/],
  ["4 instance", 0, /botbalance-db +POSTGRES_15 +asia-southeast1-\w +db-custom-2-7680 .* RUNNABLE/],
  ["4 database", 0, /Created database \[appdb\]/],
  ["4 user", 0, /Created user \[appuser\]/],
  ["6 secret DJANGO_SECRET_KEY", 0, /Created version \[1\] of the secret \[DJANGO_SECRET_KEY\]/],
  ["6 secret DATABASE_URL", 0, /Created version \[1\] of the secret \[DATABASE_URL\]/],
  ["6 secret REDIS_URL", 0, /Created version \[1\] of the secret \[REDIS_URL\]/],
  ["6 secret ENCRYPTION_KEY", 0, /Created version \[1\] of the secret \[ENCRYPTION_KEY\]/],
  ["6 secret CORS_ALLOWED_ORIGINS", 0, /Created version \[1\] of the secret \[CORS_ALLOWED_ORIGINS\]/],
  ["7 build", 0, /Successfully tagged asia-southeast1-docker\.pkg\.dev\/\S+\/api:latest/],
  ["7 push", 0, /Writing manifest to image destination/],
  ["7 API", 0, /revision \[botbalance-api-00001-\w{3}\] has been deployed and is serving 100 percent/],
  ["8 worker", 1, /Revision 'botbalance-worker-00001-\w{3}' is not ready.* failed to start and listen .*PORT=8080/],
  ["10 bucket", 0, /Creating gs:\/\/app\.botbalance\.me\//],
  ["10 public", 0, /^$/],
  ["10 site", 0, /Copying file:\/\/dist\/assets\/app\.js to gs:\/\/app\.botbalance\.me\/assets\/app\.js/],
  ["13 API back", 1, noRevision],
  ["13 worker back", 1, noRevision],
];

/** What both services of the script have; the API more of it. */
const secretOf = (name: string) => ({ name, valueSource: { secretKeyRef: { secret: name, version: "latest" } } });
const secrets = ["DJANGO_SECRET_KEY", "REDIS_URL", "ENCRYPTION_KEY"].map(secretOf);

export function judgeClassicScript(use: UseSession): void {
  describe("the classic script", lane, () => {
    let steps: readonly StepRun[] = [];
    const get = async (path: string): Promise<Record<string, unknown>> =>
      (await ask(`${use().url}/v2/projects/${use().project}/locations/${region}/${path}`)).json();

    test("has an outcome for every step", inOrder, async () => {
      const { shell, project } = use();
      steps = await runClassicScript(shell, { ...placeholders, GCP_PROJECT: project });
      expect(steps.map(({ title }) => title)).toEqual(outcomes.map(([title]) => title));
    });

    test.each(outcomes)("%s ends with %i", inOrder, (wanted, code, says) => {
      const step = steps.find(({ title }) => title === wanted);
      expect(step?.code, step?.stderr).toBe(code);
      expect(`${step?.stdout}${step?.stderr}`.trim()).toMatch(says);
    });

    test("leaves an API that answers, with its secrets, variables and database", inOrder, async () => {
      const { uri } = await get("services/botbalance-api");
      const { text, status } = await ask(`${uri}/api/health`);
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        {
          database: true,
          env: {
            DJANGO_SECRET_KEY: placeholders.your_django_secret,
            REDIS_URL: placeholders.REDIS_URL_FROM_UPSTASH,
            ENCRYPTION_KEY: placeholders.FERNET_KEY,
            DATABASE_HOST: `/cloudsql/${use().project}:${region}:botbalance-db`,
            DJANGO_SETTINGS_MODULE: "botbalance.settings.prod",
            ALLOWED_HOSTS: "api.botbalance.me",
          },
        },
      ]);
    });

    test("leaves both services as its flags say", inOrder, async () => {
      const resources = { limits: { cpu: "1", memory: "512Mi" } };
      expect(await get("services/botbalance-api")).toMatchObject({
        template: {
          maxInstanceRequestConcurrency: 40,
          scaling: { minInstanceCount: 1 },
          containers: [{ resources, env: expect.arrayContaining(secrets) }],
        },
      });
      expect(await get("services/botbalance-worker")).toMatchObject({
        template: {
          maxInstanceRequestConcurrency: 8,
          containers: [{ resources, command: ["celery"], args: ["-A", "botbalance", "worker", "-l", "info"] }],
          volumes: [{ cloudSqlInstance: { instances: [`${use().project}:${region}:botbalance-db`] } }],
        },
      });
      expect(await get("services/botbalance-api:getIamPolicy")).toMatchObject({
        bindings: [{ members: ["allUsers"] }],
      });
      expect(await get("services/botbalance-worker:getIamPolicy")).not.toHaveProperty("bindings");
    });

    test("leaves a database which its user may enter", inOrder, async () => {
      const { project, folder } = use();
      const host = join(folder, "cloud/sql", project, "botbalance-db/socket");
      const user = { user: "appuser", password: placeholders.STRONG_PASSWORD };
      const client = new pg.Client({ host, database: "appdb", ...user });
      await client.connect();
      expect((await client.query("SELECT current_user AS name")).rows).toEqual([{ name: "appuser" }]);
      await client.end();
    });

    test("leaves a site that anyone may read, and the deployer's key", inOrder, async () => {
      const { url, project, folder } = use();
      const { status, text } = await ask(`${url}/app.botbalance.me/index.html`);
      expect([status, text]).toEqual([200, readFileSync(join(folder, "frontend/src/index.html"), "utf8")]);
      expect(JSON.parse(readFileSync(join(folder, "gh-deployer.json"), "utf8"))).toMatchObject({
        type: "service_account",
        client_email: `gh-deployer@${project}.iam.gserviceaccount.com`,
      });
    });

    test("leaves the worker to a worker pool, which runs what the service could not", inOrder, async () => {
      const { url, project, image } = use();
      const args = ["-A", "botbalance", "worker", "-l", "info"];
      const pool = { template: { containers: [{ image, command: ["celery"], args }] } };
      const parent = `${url}/v2/projects/${project}/locations/${region}`;
      const created = await ask(`${parent}/workerPools?workerPoolId=worker`, pool);
      expect(created.status, created.text).toBe(200);
      await waitFor("the pool to be ready", async () => {
        const { terminalCondition } = await get("workerPools/worker");
        return (terminalCondition as { state?: string })?.state === "CONDITION_SUCCEEDED" || undefined;
      });
      const filter = 'resource.type="cloud_run_worker_pool"';
      const said = await ask(`${url}/v2/entries:list`, { resourceNames: [`projects/${project}`], filter });
      expect(said.text).toContain("celery -A botbalance worker -l info ready.");
    });
  });
}
