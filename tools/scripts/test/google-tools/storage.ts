// `gcloud storage` on a bucket of its own, and gsutil on the script's site.
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { inOrder, lane, region, type UseSession } from "./session.ts";

const files = "gs://botbalance-files";
const object = `${files}/pages/index.html`;
const site = "gs://app.botbalance.me";

export function judgeStorage(use: UseSession): void {
  describe("gcloud storage", lane, () => {
    test("creates, updates and opens a bucket", inOrder, async () => {
      const { ok, url } = use();
      await ok(`gcloud storage buckets create ${files} --location=${region} --uniform-bucket-level-access`);
      await ok(`gcloud storage buckets update ${files} --web-main-page-suffix=index.html --web-error-page=404.html`);
      const bind = "--member=allUsers --role=roles/storage.legacyObjectReader";
      const bound = await ok(`gcloud storage buckets add-iam-policy-binding ${files} ${bind}`);
      expect(bound.stdout).toContain("- allUsers");
      expect((await ask(`${url}/storage/v1/b/botbalance-files`)).json()).toMatchObject({
        location: region.toUpperCase(),
        iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
        website: { mainPageSuffix: "index.html", notFoundPage: "404.html" },
      });
    });

    test("copies an object, lists, reads and updates it", inOrder, async () => {
      const { ok, json, url } = use();
      await ok(`gcloud storage cp frontend/src/index.html ${object} --cache-control=no-cache`);
      const [listed, read] = await Promise.all([
        ok(`gcloud storage ls "${files}/**"`),
        ok(`gcloud storage cat ${object}`),
        ok(`gcloud storage objects update ${object} --custom-metadata=a=b`),
      ]);
      expect(listed.stdout).toBe(`${object}\n`);
      expect(read.stdout).toContain("assets/app.js");
      expect(await json(`gcloud storage objects describe ${object}`)).toMatchObject({
        cache_control: "no-cache",
        content_type: "text/html",
        custom_fields: { a: "b" },
        metageneration: 2,
      });
      expect((await ask(`${url}/botbalance-files/pages/index.html`)).text).toBe(read.stdout);
    });

    test("syncs a folder, a second time without an upload, and removes all", inOrder, async () => {
      const { ok, shell, generations } = use();
      const rsync = `gcloud storage rsync -r frontend/src ${files} --delete-unmatched-destination-objects`;
      await ok(rsync);
      const before = await generations("botbalance-files");
      expect(Object.keys(before)).toEqual(["404.html", "assets/app.js", "index.html"]);
      await ok(rsync);
      expect(await generations("botbalance-files")).toEqual(before);
      await ok(`gcloud storage rm -r ${files}`);
      expect(await shell(`gcloud storage cat ${files}/index.html`)).toMatchObject({ code: 1, stdout: "" });
    });
  });
}

export function judgeGsutil(use: UseSession): void {
  describe("gsutil", lane, () => {
    test("uploads nothing by a second rsync", inOrder, async () => {
      const { ok, generations } = use();
      const before = await generations("app.botbalance.me");
      expect(Object.keys(before)).toHaveLength(3);
      await ok(`gsutil -m rsync -r frontend/dist ${site}`);
      expect(await generations("app.botbalance.me")).toEqual(before);
    });

    test("sets the website and an object's headers", inOrder, async () => {
      const { ok, url, port } = use();
      await Promise.all([
        ok(`gsutil web set -m index.html -e 404.html ${site}`),
        ok(`gsutil setmeta -h "Cache-Control:no-cache" ${site}/index.html`),
      ]);
      const index = await fetch(`${url}/app.botbalance.me/index.html`);
      expect(index.headers.get("cache-control")).toBe("no-cache");
      const missing = await ask(`http://app.botbalance.me.localhost:${port}/none`);
      expect([missing.status, missing.text]).toEqual([404, "<!doctype html>Not here"]);
      expect((await ask(`http://app.botbalance.me.localhost:${port}/`)).text).toBe(await index.text());
    });
  });
}
