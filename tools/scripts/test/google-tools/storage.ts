// `gcloud storage` and gsutil, on the script's site and on a bucket of their own.
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { inOrder, lane, region, type Session } from "./session.ts";

const site = "gs://app.botbalance.me";
const files = "gs://botbalance-files";
const object = `${files}/pages/index.html`;

export function judgeStorage(use: () => Session): void {
  describe("gcloud storage and gsutil", lane, () => {
    const writes = () => use().writes("storage.googleapis.com");

    test("gsutil's second rsync uploads nothing", inOrder, async () => {
      const before = await writes();
      await use().ok(`gsutil -m rsync -r frontend/dist ${site}`);
      expect(await writes()).toBe(before);
    });

    test("gsutil sets the website and an object's headers", inOrder, async () => {
      const { ok, url } = use();
      await Promise.all([
        ok(`gsutil web set -m index.html -e 404.html ${site}`),
        ok(`gsutil setmeta -h "Cache-Control:no-cache" ${site}/index.html`),
      ]);
      const website = await fetch(`${url}/app.botbalance.me/index.html`);
      expect(website.headers.get("cache-control")).toBe("no-cache");
      const [index, missing] = await Promise.all(
        ["", "none"].map((path) => ask(`http://app.botbalance.me.localhost:${new URL(url).port}/${path}`)),
      );
      expect(index?.text).toContain("assets/app.js");
      expect([missing?.status, missing?.text]).toEqual([404, "<!doctype html>Not here"]);
    });

    test("gcloud creates, updates and opens a bucket", inOrder, async () => {
      const { ok, json } = use();
      await ok(`gcloud storage buckets create ${files} --location=${region} --uniform-bucket-level-access`);
      await ok(`gcloud storage buckets update ${files} --web-main-page-suffix=index.html --web-error-page=404.html`);
      const bind = "--member=allUsers --role=roles/storage.legacyObjectReader";
      expect((await ok(`gcloud storage buckets add-iam-policy-binding ${files} ${bind}`)).stdout).toContain(
        "- allUsers",
      );
      expect(await json(`gcloud storage buckets describe ${files}`)).toMatchObject({
        location: region.toUpperCase(),
        uniform_bucket_level_access: true,
        website_config: { mainPageSuffix: "index.html", notFoundPage: "404.html" },
      });
    });

    test("gcloud copies an object, lists, reads and updates it", inOrder, async () => {
      const { ok, json, url } = use();
      await ok(`gcloud storage cp frontend/dist/index.html ${object} --cache-control=no-cache`);
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

    test("gcloud syncs a folder, a second time without a write, and removes all", inOrder, async () => {
      const { ok, shell } = use();
      const rsync = `gcloud storage rsync -r frontend/dist ${files} --delete-unmatched-destination-objects`;
      await ok(rsync);
      expect((await ok(`gcloud storage ls "${files}/**"`)).stdout.split("\n").filter(Boolean)).toEqual(
        ["404.html", "assets/app.js", "index.html"].map((name) => `${files}/${name}`),
      );
      const before = await writes();
      await ok(rsync);
      expect(await writes()).toBe(before);
      await ok(`gcloud storage rm -r ${files}`);
      expect(await shell(`gcloud storage cat ${files}/index.html`)).toMatchObject({ code: 1, stdout: "" });
    });
  });
}
