// `gcloud run jobs` and `gcloud run worker-pools`.
import { describe, expect, test } from "vitest";
import { inOrder, lane, region, type UseSession } from "./session.ts";

type Named = { readonly metadata: { readonly name: string } };

const migrate = `migrate --region=${region}`;

export function judgeJobs(use: UseSession): void {
  describe("gcloud run jobs", lane, () => {
    test("creates a job of an image that skopeo copied, and executes it to its end", inOrder, async () => {
      const { image, project, ok } = use();
      const copy = image.replace("api:latest", "migrate:v1");
      await ok(
        `through_proxy skopeo copy --src-tls-verify=false --dest-tls-verify=false docker://${image} docker://${copy}`,
      );
      const inspected = await ok(`through_proxy skopeo inspect --tls-verify=false docker://${copy}`);
      expect(JSON.parse(inspected.stdout)).toMatchObject({ RepoTags: ["v1"], Env: ["PATH=/usr/local/bin"] });
      await ok(
        `gcloud run jobs create ${migrate} --image=${copy} --command=node --args=/app/migrate.js,up --max-retries=0 \
          --task-timeout=60s --set-env-vars=DATABASE_HOST=/cloudsql/${project}:${region}:botbalance-db \
          --set-secrets=DJANGO_SECRET_KEY=DJANGO_SECRET_KEY:1 --set-cloudsql-instances=${project}:${region}:botbalance-db`,
      );
      const { stderr } = await ok(`gcloud run jobs execute ${migrate} --wait`);
      expect(stderr).toMatch(/Execution \[migrate-\w{5}\] has successfully completed/);
    });

    test("deploys it anew, and fails where its execution does", inOrder, async () => {
      const { image, ok, shell } = use();
      await ok(`gcloud run jobs deploy ${migrate} --image=${image} --args=/app/migrate.js,broken`);
      const failed = await shell(`gcloud run jobs execute ${migrate} --wait`);
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("The execution failed")]);
    });

    test("lists and describes jobs and executions", inOrder, async () => {
      const { json, ok } = use();
      const [jobs, executions] = await Promise.all([
        json<readonly Named[]>(`gcloud run jobs list --region=${region}`),
        json<readonly Named[]>(`gcloud run jobs executions list --job=${migrate}`),
      ]);
      expect(jobs.map(({ metadata }) => metadata.name)).toEqual(["migrate"]);
      expect(executions).toHaveLength(2);
      const { stdout } = await ok(
        `gcloud run jobs executions describe ${executions[0]?.metadata.name} --region=${region}`,
      );
      expect(stdout).toContain("1 task failed to complete");
      await ok(`gcloud run jobs delete ${migrate}`);
    });

    test("deploys a worker pool, which it does by gRPC, changes, lists and deletes it", inOrder, async () => {
      const { image, json, ok } = use();
      const other = `other --region=${region}`;
      const deployed = await ok(`gcloud beta run worker-pools deploy ${other} --image=${image} --command=celery`);
      expect(deployed.stderr).toMatch(/Worker pool \[other\] revision \[other-00001-\w{3}\] has been deployed/);
      await ok(`gcloud beta run worker-pools update ${other} --update-env-vars=A=1 --scaling=2`);
      await ok(
        `gcloud beta run worker-pools describe ${other} --format=export > other.yaml
        sed -i "s/value: '1'/value: '2'/" other.yaml
        CLOUDSDK_RUN_REGION=${region} gcloud beta run worker-pools replace other.yaml`,
      );
      const [pools, described] = await Promise.all([
        json<readonly Named[]>(`gcloud beta run worker-pools list --region=${region}`),
        ok(
          `gcloud beta run worker-pools describe ${other} --format="value(status.latestReadyRevisionName,metadata.annotations)"`,
        ),
      ]);
      expect(pools.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(["other", "worker"]));
      expect(described.stdout).toMatch(/^other-00003-\w{3}\t.*manualInstanceCount=2/);
      await ok(`gcloud beta run worker-pools delete ${other}`);
    });
  });
}
