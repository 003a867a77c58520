// The four workflows of the OCI distribution specification 1.1: pull, push, content discovery, content management.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
import { describe, expect, test } from "vitest";
import {
  descriptor,
  digestOf,
  emptyLayer,
  errorCode,
  imageConfig,
  makeManifest,
  ociIndexType,
  ociManifestType,
  startRegistry,
} from "./registry-support.ts";

const image = "demo/backend/api";
const unknown = digestOf("nobody has this");

describe("pull", () => {
  test("tells that it speaks the API", async () => {
    const { send } = await startRegistry();
    const response = await send("GET", "");
    expect(response.status).toBe(200);
    expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  test("gives a manifest by tag and by digest, with its type and digest", async () => {
    const { send, pushImage } = await startRegistry();
    const { manifest, digest } = await pushImage(image, "v1");
    for (const reference of ["v1", digest]) {
      const head = await send("HEAD", `${image}/manifests/${reference}`);
      const get = await send("GET", `${image}/manifests/${reference}`, { headers: { accept: ociManifestType } });
      expect([head.status, get.status]).toEqual([200, 200]);
      expect(await get.text()).toBe(manifest);
      for (const { headers } of [head, get]) {
        expect(headers.get("content-type")).toBe(ociManifestType);
        expect(headers.get("docker-content-digest")).toBe(digest);
        expect(headers.get("content-length")).toBe(String(manifest.length));
      }
    }
  });

  test("gives a blob whole, in part, and its size alone", async () => {
    const { send, pushBlob } = await startRegistry();
    const digest = await pushBlob(image, "0123456789");
    const path = `${image}/blobs/${digest}`;
    const head = await send("HEAD", path);
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
    expect(await (await send("GET", path)).text()).toBe("0123456789");
    const ranges: readonly (readonly [string, string, string])[] = [
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=7-", "789", "bytes 7-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=8-99", "89", "bytes 8-9/10"],
    ];
    for (const [range, text, contentRange] of ranges) {
      const part = await send("GET", path, { headers: { range } });
      expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, contentRange, text]);
    }
    expect((await send("GET", path, { headers: { range: "bytes=10-" } })).status).toBe(416);
  });

  test.each([
    ["GET", `${image}/manifests/none`, "MANIFEST_UNKNOWN"],
    ["GET", `${image}/manifests/${unknown}`, "MANIFEST_UNKNOWN"],
    ["GET", `${image}/blobs/${unknown}`, "BLOB_UNKNOWN"],
    ["GET", "demo/nothing/api/manifests/v1", "NAME_UNKNOWN"],
    ["GET", `${image}/tags/list`, "NAME_UNKNOWN"],
    ["GET", `${image}/blobs/uploads/none`, "BLOB_UPLOAD_UNKNOWN"],
  ])("%s %s answers 404 %s", async (method, path, code) => {
    const { send } = await startRegistry();
    const response = await send(method, path);
    expect([response.status, await errorCode(response)]).toEqual([404, code]);
  });
});

describe("push", () => {
  test("takes a blob streamed: POST, PATCH, PUT", async () => {
    const { send } = await startRegistry();
    const start = await send("POST", `${image}/blobs/uploads/`);
    expect(start.status).toBe(202);
    const location = start.headers.get("location") ?? "";
    const patch = await send("PATCH", location.slice("/v2/".length), { body: "streamed" });
    expect([patch.status, patch.headers.get("range")]).toEqual([202, "0-7"]);
    const digest = digestOf("streamed");
    const put = await send("PUT", `${(patch.headers.get("location") ?? "").slice("/v2/".length)}?digest=${digest}`);
    expect([put.status, put.headers.get("location")]).toEqual([201, `/v2/${image}/blobs/${digest}`]);
    expect(await (await send("GET", `${image}/blobs/${digest}`)).text()).toBe("streamed");
  });

  test("takes a blob at once: POST with a digest, and POST then PUT", async () => {
    const { send, pushBlob } = await startRegistry();
    await pushBlob(image, "at once");
    const start = await send("POST", `${image}/blobs/uploads/`);
    const location = (start.headers.get("location") ?? "").slice("/v2/".length);
    const put = await send("PUT", `${location}?digest=${digestOf("whole")}`, { body: "whole" });
    expect(put.status).toBe(201);
    expect((await send("HEAD", `${image}/blobs/${digestOf("whole")}`)).status).toBe(200);
  });

  test("takes an empty blob", async () => {
    const { send, pushBlob } = await startRegistry();
    const digest = await pushBlob(image, "");
    const response = await send("GET", `${image}/blobs/${digest}`);
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("takes chunks in order, tells where it is, and refuses others with 416", async () => {
    const { send } = await startRegistry();
    const start = await send("POST", `${image}/blobs/uploads/`);
    const upload = (start.headers.get("location") ?? "").slice("/v2/".length);
    const chunk = (body: string, from: number) => {
      const headers = {
        "content-range": `${from}-${from + body.length - 1}`,
        "content-type": "application/octet-stream",
      };
      return send("PATCH", upload, { headers, body });
    };
    expect((await chunk("world", 6)).status).toBe(416);
    expect((await chunk("hello ", 0)).status).toBe(202);
    const again = await chunk("hello ", 0);
    expect([again.status, again.headers.get("range")]).toEqual([416, "0-5"]);
    const status = await send("GET", upload);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-5"]);
    const headers = { "content-range": "6-10" };
    const put = await send("PUT", `${upload}?digest=${digestOf("hello world")}`, { headers, body: "world" });
    expect(put.status).toBe(201);
    expect(await (await send("GET", `${image}/blobs/${digestOf("hello world")}`)).text()).toBe("hello world");
    expect((await send("GET", upload)).status).toBe(404);
  });

  test("forgets an upload that is cancelled", async () => {
    const { send } = await startRegistry();
    const start = await send("POST", `${image}/blobs/uploads/`);
    const upload = (start.headers.get("location") ?? "").slice("/v2/".length);
    expect((await send("DELETE", upload)).status).toBe(204);
    expect((await send("PATCH", upload, { body: "late" })).status).toBe(404);
  });

  test("mounts a blob of another image, and asks for an upload of one that nobody has", async () => {
    const { send, pushBlob } = await startRegistry();
    const digest = await pushBlob(image, "shared");
    const other = "demo/backend/worker";
    expect((await send("HEAD", `${other}/blobs/${digest}`)).status).toBe(404);
    const mounted = await send("POST", `${other}/blobs/uploads/?mount=${digest}&from=${image}`);
    expect([mounted.status, mounted.headers.get("location")]).toEqual([201, `/v2/${other}/blobs/${digest}`]);
    expect((await send("HEAD", `${other}/blobs/${digest}`)).status).toBe(200);
    expect((await send("POST", `${other}/blobs/uploads/?mount=${unknown}&from=${image}`)).status).toBe(202);
    expect((await send("POST", `${other}/blobs/uploads/?mount=${digest}&from=demo/nowhere/x`)).status).toBe(202);
    expect((await send("POST", `${other}/blobs/uploads/?mount=${digest}`)).status, "without a source").toBe(202);
  });

  test("takes one manifest under several tags", async () => {
    const { send, pushImage } = await startRegistry();
    const { manifest, digest } = await pushImage(image, "v1");
    for (const reference of ["v2", digest]) {
      const headers = { "content-type": ociManifestType };
      const put = await send("PUT", `${image}/manifests/${reference}`, { headers, body: manifest });
      expect([put.status, put.headers.get("docker-content-digest")]).toEqual([201, digest]);
    }
    expect(await (await send("GET", `${image}/tags/list`)).json()).toEqual({ name: image, tags: ["v1", "v2"] });
  });

  test("takes Docker's schema 2 and an index of images", async () => {
    const { send, pushBlob, pushImage } = await startRegistry();
    const config = imageConfig("docker");
    await pushBlob(image, config);
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = makeManifest(config, [], { mediaType: type });
    const put = await send("PUT", `${image}/manifests/docker`, { headers: { "content-type": type }, body: manifest });
    expect(put.status).toBe(201);
    const { manifest: child } = await pushImage(image, "child");
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndexType,
      manifests: [{ ...descriptor(ociManifestType, child), platform: { os: "linux", architecture: "amd64" } }],
    });
    const indexed = await send("PUT", `${image}/manifests/all`, {
      headers: { "content-type": ociIndexType },
      body: index,
    });
    expect(indexed.status).toBe(201);
    expect((await send("GET", `${image}/manifests/all`)).headers.get("content-type")).toBe(ociIndexType);
  });
});

describe("content discovery", () => {
  test("lists tags in order, a page at a time", async () => {
    const { send, pushImage, url } = await startRegistry();
    for (const tag of ["b", "C", "a", "d"]) await pushImage(image, tag);
    expect(await (await send("GET", `${image}/tags/list`)).json()).toMatchObject({ tags: ["C", "a", "b", "d"] });
    const first = await send("GET", `${image}/tags/list?n=3`);
    expect(await first.json()).toMatchObject({ tags: ["C", "a", "b"] });
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await fetch(url + next);
    expect(await second.json()).toMatchObject({ tags: ["d"] });
    expect(second.headers.get("link")).toBeNull();
    expect(await (await send("GET", `${image}/tags/list?n=0`)).json()).toMatchObject({ tags: [] });
    expect(await (await send("GET", `${image}/tags/list?last=a`)).json()).toMatchObject({ tags: ["b", "d"] });
  });

  test("lists images, a page at a time", async () => {
    const { send, pushImage } = await startRegistry();
    for (const name of ["b", "a/nested", "c"]) await pushImage(`demo/backend/${name}`, "v1");
    const first = await send("GET", "_catalog?n=2");
    expect(await first.json()).toEqual({ repositories: ["demo/backend/a/nested", "demo/backend/b"] });
    expect(first.headers.get("link")).toContain("last=demo%2Fbackend%2Fb");
    const rest = await send("GET", "_catalog?last=demo%2Fbackend%2Fb");
    expect(await rest.json()).toEqual({ repositories: ["demo/backend/c"] });
  });

  test("lists what refers to a manifest, filtered by its type", async () => {
    const { send, pushImage } = await startRegistry();
    const { manifest, digest } = await pushImage(image, "v1");
    const config = imageConfig("v1");
    const attach = async (artifactType: string, note: string) => {
      const subject = descriptor(ociManifestType, manifest);
      const body = makeManifest(config, [], { artifactType, subject, annotations: { note } });
      const put = await send("PUT", `${image}/manifests/${digestOf(body)}`, {
        headers: { "content-type": ociManifestType },
        body,
      });
      expect([put.status, put.headers.get("oci-subject")]).toEqual([201, digest]);
      return digestOf(body);
    };
    const sbom = await attach("application/sbom", "first");
    await attach("application/signature", "second");
    const all = await send("GET", `${image}/referrers/${digest}`);
    expect(all.headers.get("content-type")).toBe(ociIndexType);
    expect(((await all.json()) as { manifests: unknown[] }).manifests).toHaveLength(2);
    const filtered = await send("GET", `${image}/referrers/${digest}?artifactType=application/sbom`);
    expect(filtered.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(await filtered.json()).toMatchObject({
      manifests: [{ digest: sbom, artifactType: "application/sbom", annotations: { note: "first" } }],
    });
    expect(await (await send("GET", `${image}/referrers/${unknown}`)).json()).toMatchObject({ manifests: [] });
    const early = makeManifest(config, [], { subject: { mediaType: ociManifestType, digest: unknown, size: 16 } });
    const pushed = await send("PUT", `${image}/manifests/early`, {
      headers: { "content-type": ociManifestType },
      body: early,
    });
    expect(pushed.status, "before what it refers to").toBe(201);
    expect(await (await send("GET", `${image}/referrers/${unknown}`)).json()).toMatchObject({
      manifests: [{ digest: digestOf(early) }],
    });
    expect((await send("DELETE", `${image}/manifests/${sbom}`)).status).toBe(202);
    expect(
      ((await (await send("GET", `${image}/referrers/${digest}`)).json()) as { manifests: [] }).manifests,
    ).toHaveLength(1);
  });
});

describe("content management", () => {
  test("removes a tag and leaves the manifest; removes a manifest with all its tags; removes a blob", async () => {
    const { send, pushImage } = await startRegistry();
    const { digest, config } = await pushImage(image, "v1");
    await pushImage(image, "v2", "v1");
    expect((await send("DELETE", `${image}/manifests/v1`)).status).toBe(202);
    expect((await send("HEAD", `${image}/manifests/v1`)).status).toBe(404);
    expect((await send("HEAD", `${image}/manifests/${digest}`)).status).toBe(200);
    expect((await send("DELETE", `${image}/manifests/${digest}`)).status).toBe(202);
    expect((await send("HEAD", `${image}/manifests/v2`)).status).toBe(404);
    expect((await send("DELETE", `${image}/manifests/${digest}`)).status).toBe(404);
    expect((await send("DELETE", `${image}/blobs/${config}`)).status).toBe(202);
    expect((await send("HEAD", `${image}/blobs/${config}`)).status).toBe(404);
    expect((await send("DELETE", `${image}/blobs/${config}`)).status).toBe(404);
  });

  test("keeps a blob that another image holds", async () => {
    const { send, pushImage } = await startRegistry();
    const { layer } = await pushImage(image, "v1");
    await pushImage("demo/backend/other", "v1");
    expect((await send("DELETE", `${image}/blobs/${layer}`)).status).toBe(202);
    const kept = await send("GET", `demo/backend/other/blobs/${layer}`);
    expect(Buffer.from(await kept.arrayBuffer()).toString("latin1")).toBe(emptyLayer);
  });
});
