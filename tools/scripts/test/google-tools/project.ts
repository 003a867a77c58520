// What gcloud reads of a project: its APIs and accounts, its databases, its repositories and their images.
import { describe, expect, test } from "vitest";
import { lane, region, type UseSession } from "./session.ts";

export function judgeProject(use: UseSession): void {
  describe("gcloud on a project", lane, () => {
    test("lists and describes what the script made", async () => {
      const { json, project } = use();
      const at = `--location=${region}`;
      const [services, accounts, repositories, repository, instances, instance] = await Promise.all([
        json<readonly { config: { name: string } }[]>("gcloud services list --enabled"),
        json("gcloud iam service-accounts list"),
        json(`gcloud artifacts repositories list ${at}`),
        json(`gcloud artifacts repositories describe botbalance-backend ${at}`),
        json("gcloud sql instances list"),
        json("gcloud sql instances describe botbalance-db"),
      ]);
      expect(services.map(({ config }) => config.name)).toContain("run.googleapis.com");
      expect(accounts).toMatchObject([{ displayName: "GitHub Actions Deployer" }]);
      const name = `projects/${project}/locations/${region}/repositories/botbalance-backend`;
      expect(repositories).toMatchObject([{ name, format: "DOCKER" }]);
      expect(repository).toMatchObject({ name, description: "Backend images for botbalance" });
      expect(instances).toMatchObject([{ name: "botbalance-db", state: "RUNNABLE" }]);
      expect(instance).toMatchObject({
        connectionName: `${project}:${region}:botbalance-db`,
        databaseVersion: "POSTGRES_15",
        settings: { tier: "db-custom-2-7680" },
      });
    });

    test("lists, tags and describes images, and deletes none that a tag holds", async () => {
      const { json, image, ok, shell } = use();
      const [path = ""] = image.split(":");
      await ok(`gcloud artifacts docker tags add ${image} ${path}:live`);
      const [images, { image_summary: summary }] = await Promise.all([
        json<readonly { version: string }[]>(`gcloud artifacts docker images list ${path} --include-tags`),
        json<{ image_summary: { digest: string } }>(`gcloud artifacts docker images describe ${path}:live`),
      ]);
      expect(images).toMatchObject([{ package: path, version: summary.digest, tags: ["latest", "live"] }]);
      const refused = await shell(`gcloud artifacts docker images delete ${path}@${summary.digest}`);
      expect(refused.code).toBe(1);
    });

    test("binds a role on an account, and makes a Redis instance that tells its password", async () => {
      const { json, ok, project } = use();
      const deployer = `gh-deployer@${project}.iam.gserviceaccount.com`;
      const member = `--member=serviceAccount:${deployer} --role=roles/iam.serviceAccountUser`;
      await Promise.all([
        ok(`gcloud iam service-accounts add-iam-policy-binding ${deployer} ${member}`),
        ok(`gcloud redis instances create queue --size=1 --enable-auth --region=${region}`),
      ]);
      expect(await json(`gcloud redis instances get-auth-string queue --region=${region}`)).toMatchObject({
        authString: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    });
  });
}
