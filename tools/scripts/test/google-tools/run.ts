// `gcloud run`: services, their revisions, traffic and domain.
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { inOrder, lane, region, type UseSession } from "./session.ts";

type Traffic = {
  readonly revisionName: string;
  readonly percent?: number;
  readonly tag?: string;
  readonly url?: string;
};
type Service = {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly url: string;
    readonly latestReadyRevisionName: string;
    readonly traffic: readonly Traffic[];
  };
};

const api = `botbalance-api --region=${region}`;

export function judgeRun(use: UseSession): void {
  describe("gcloud run", lane, () => {
    const describeApi = () => use().json<Service>(`gcloud run services describe ${api}`);
    const answer = async (address: string): Promise<Record<string, unknown>> => (await ask(address)).json();
    let [url, first, second] = ["", "", ""];

    test("takes traffic back to the latest revision", inOrder, async () => {
      await use().ok(`gcloud run services update-traffic ${api} --to-latest`);
      const { status } = await describeApi();
      first = status.latestReadyRevisionName;
      url = status.url;
      expect(status.traffic).toEqual([{ latestRevision: true, percent: 100, revisionName: first }]);
      expect(await answer(url)).toMatchObject({ revision: first });
    });

    test("deploys a candidate without traffic, which answers under its tag as it was changed", inOrder, async () => {
      const { image, ok } = use();
      await ok(
        `gcloud run deploy ${api} --image=${image} --update-env-vars=VERSION=2 --no-traffic --tag=candidate --cpu=1 --memory=256Mi`,
      );
      const { status } = await describeApi();
      second = status.latestReadyRevisionName;
      expect(status.traffic).toEqual([
        expect.objectContaining({ revisionName: first, percent: 100 }),
        expect.objectContaining({ revisionName: second, tag: "candidate" }),
      ]);
      const candidate = await answer(status.traffic.find(({ tag }) => tag === "candidate")?.url ?? "");
      expect(candidate).toMatchObject({ revision: second, env: { VERSION: "2", DJANGO_SECRET_KEY: "django-secret" } });
      expect(await answer(url)).toMatchObject({ revision: first });
    });

    test("moves traffic to a revision by its name, and makes none", inOrder, async () => {
      const { ok, json } = use();
      await ok(`gcloud run services update-traffic ${api} --to-revisions=${second}=100`);
      expect(await answer(url)).toMatchObject({ revision: second });
      const revisions = await json<readonly Service[]>(`gcloud run revisions list --service=${api}`);
      expect(revisions.map(({ metadata }) => metadata.name)).toEqual([second, first]);
    });

    test("updates a service, then describes and deletes a revision that nothing needs", inOrder, async () => {
      const { ok, shell } = use();
      await ok(`gcloud run services update ${api} --update-labels=team=core`);
      const described = await ok(`gcloud run revisions describe ${first} --region=${region}`);
      expect(described.stdout).toContain("/cloudsql/");
      await ok(`gcloud run revisions delete ${first} --region=${region}`);
      expect((await shell(`gcloud run revisions describe ${first} --region=${region}`)).stderr).toContain(
        "Cannot find",
      );
      expect((await shell(`gcloud run revisions delete ${second} --region=${region}`)).code, "it serves").toBe(1);
    });

    test("lists services, binds a role and reads logs", inOrder, async () => {
      const { ok } = use();
      const [listed, bound, logs] = await Promise.all([
        ok("gcloud run services list"),
        ok(`gcloud run services add-iam-policy-binding ${api} --member=user:ann@example.com --role=roles/run.invoker`),
        ok(`gcloud run services logs read botbalance-worker --region=${region} --limit=10`),
      ]);
      expect(listed.stdout).toMatch(/botbalance-api +asia-southeast1 +http:\S+[\s\S]*botbalance-worker/);
      expect(bound.stdout).toMatch(
        /members:\n {2}- allUsers\n {2}- user:ann@example\.com\n {2}role: roles\/run\.invoker/,
      );
      expect(logs.stdout).toContain("celery -A botbalance worker -l info ready.");
    });

    test("maps a domain, under which the service answers", inOrder, async () => {
      const { ok, port } = use();
      const domain = "api.botbalance.me";
      const mapped = await ok(
        `gcloud beta run domain-mappings create --service=botbalance-api --domain=${domain} --region=${region}`,
      );
      expect(mapped.stdout).toMatch(/api +CNAME +ghs\.googlehosted\.com\./);
      expect(await answer(`http://${domain}.localhost:${port}/`)).toMatchObject({
        revision: second,
      });
    });

    test("deletes services, which then do not answer", inOrder, async () => {
      const { ok } = use();
      await Promise.all([
        ok(`gcloud run services delete ${api}`),
        ok(`gcloud run services delete botbalance-worker --region=${region}`),
      ]);
      expect((await ask(url)).status).toBe(404);
    });
  });
}
