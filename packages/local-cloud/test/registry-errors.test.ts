// What the registry refuses, and what it survives.
import { existsSync, readdirSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createRepository,
  digestOf,
  errorCode,
  imageConfig,
  makeManifest,
  ociManifestType,
  type RegistryClient,
  registryClient,
  startRegistry,
} from "./registry-support.ts";
import { createFolder, startCloud } from "./support/start-cloud.ts";

const image = "demo/backend/api";
const put = ({ send }: RegistryClient, reference: string, body: string | Uint8Array, type: string = ociManifestType) =>
  send("PUT", `${image}/manifests/${reference}`, { headers: { "content-type": type }, body });

describe("a push into a repository that does not exist", () => {
  test("is refused as Artifact Registry refuses it", async () => {
    const { send } = await startRegistry();
    const response = await send("POST", "demo/missing/api/blobs/uploads/");
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      errors: [{ code: "NAME_UNKNOWN", message: 'Repository "missing" not found' }],
    });
  });

  test("is refused without an image's name", async () => {
    const { send } = await startRegistry();
    const response = await send("POST", "demo/backend/blobs/uploads/");
    expect([response.status, await errorCode(response)]).toEqual([400, "NAME_INVALID"]);
  });
});

describe("content", () => {
  test("that is not what its digest says is not kept", async () => {
    const { send, dataDir } = await startRegistry();
    const wrong = digestOf("something else");
    const response = await send("POST", `${image}/blobs/uploads/?digest=${wrong}`, { body: "bytes" });
    expect([response.status, await errorCode(response)]).toEqual([400, "DIGEST_INVALID"]);
    expect((await send("HEAD", `${image}/blobs/${wrong}`)).status).toBe(404);
    expect(readdirSync(join(dataDir, "registry", "uploads"))).toEqual([]);
  });

  test.each(["sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:../../../../etc/passwd", ""])(
    "with the digest %j is refused",
    async (digest) => {
      const { send } = await startRegistry();
      const response = await send("POST", `${image}/blobs/uploads/?digest=${encodeURIComponent(digest)}`, {
        body: "x",
      });
      expect([response.status, await errorCode(response)]).toEqual([400, "DIGEST_INVALID"]);
    },
  );

  test("of fewer bytes than its range announced is refused, and the upload goes on from before", async () => {
    const { send } = await startRegistry();
    const upload = (await send("POST", `${image}/blobs/uploads/`)).headers.get("location")?.slice(4) ?? "";
    const short = await send("PATCH", upload, { headers: { "content-range": "0-99" }, body: "short" });
    expect([short.status, await errorCode(short)]).toEqual([400, "SIZE_INVALID"]);
    const finished = await send("PUT", `${upload}?digest=${digestOf("right")}`, { body: "right" });
    expect(finished.status).toBe(201);
  });

  test("of another image's upload cannot be touched", async () => {
    const { send } = await startRegistry();
    const upload = (await send("POST", `${image}/blobs/uploads/`)).headers.get("location")?.split("/").at(-1) ?? "";
    const response = await send("PATCH", `demo/backend/other/blobs/uploads/${upload}`, { body: "x" });
    expect([response.status, await errorCode(response)]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
  });
});

describe("a manifest", () => {
  test("that names a missing blob or manifest is refused", async () => {
    const registry = await startRegistry();
    const missing = await put(registry, "v1", makeManifest(imageConfig("missing"), []));
    expect([missing.status, await errorCode(missing)]).toEqual([404, "MANIFEST_BLOB_UNKNOWN"]);
    const type = "application/vnd.oci.image.index.v1+json";
    const child = { mediaType: ociManifestType, digest: digestOf("child"), size: 5 };
    const index = await put(registry, "v1", JSON.stringify({ schemaVersion: 2, manifests: [child] }), type);
    expect([index.status, await errorCode(index)]).toEqual([404, "MANIFEST_BLOB_UNKNOWN"]);
    expect((await registry.send("GET", `${image}/manifests/v1`)).status).toBe(404);
  });

  test("may name layers that are fetched from elsewhere", async () => {
    const registry = await startRegistry();
    const config = imageConfig("foreign");
    await registry.pushBlob(image, config);
    const foreign = {
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      ...{ digest: digestOf("elsewhere"), size: 9, urls: ["https://example.com/layer"] },
    };
    const manifest = { ...JSON.parse(makeManifest(config, [])), layers: [foreign] };
    expect((await put(registry, "v1", JSON.stringify(manifest))).status).toBe(201);
  });

  test.each([
    ["no JSON", "{", ociManifestType],
    ["no object", "[]", ociManifestType],
    ["no text", Buffer.from([0x7b, 0xff, 0x7d]), ociManifestType],
    ["another version", JSON.stringify({ schemaVersion: 1 }), ociManifestType],
    ["an unknown type", JSON.stringify({ schemaVersion: 2 }), "application/json"],
    ["Docker's schema 1", JSON.stringify({ schemaVersion: 1 }), "application/vnd.docker.distribution.manifest.v1+json"],
    ["no configuration", JSON.stringify({ schemaVersion: 2, layers: [] }), ociManifestType],
    ["a negative size", makeManifest("x", []).replace(/"size":\d+/, '"size":-1'), ociManifestType],
    ["two types", makeManifest("x", []), "application/vnd.oci.image.index.v1+json"],
  ])("with %s is refused as MANIFEST_INVALID", async (_, body, type) => {
    const response = await put(await startRegistry(), "v1", body, type);
    expect([response.status, await errorCode(response)]).toEqual([400, "MANIFEST_INVALID"]);
  });

  test("of more than 4 MiB is refused with 413", async () => {
    const response = await put(await startRegistry(), "v1", Buffer.alloc(4 * 1024 ** 2 + 1, " "));
    expect([response.status, await errorCode(response)]).toEqual([413, "SIZE_INVALID"]);
  });

  test("pushed by another digest than its own is refused", async () => {
    const registry = await startRegistry();
    const response = await put(registry, digestOf("other"), makeManifest(imageConfig("x"), []));
    expect([response.status, await errorCode(response)]).toEqual([400, "DIGEST_INVALID"]);
  });

  test("cannot take a tag over where tags are immutable", async () => {
    const cloud = await startCloud();
    await createRepository(cloud, "demo/backend", "asia-southeast1", { dockerConfig: { immutableTags: true } });
    const registry = registryClient(cloud);
    const { manifest } = await registry.pushImage(image, "v1", "one");
    expect((await put(registry, "v1", manifest)).status).toBe(201);
    await expect(registry.pushImage(image, "v1", "two")).rejects.toThrow("cannot update tag v1");
    await registry.pushImage(image, "v2", "two");
  });
});

test("one repository name in two locations is told apart by the host, and refused without one", async () => {
  const registry = await startRegistry();
  await createRepository(registry, "demo/backend", "europe-west1");
  await expect(registry.pushImage(image, "v1")).rejects.toThrow(
    "asia-southeast1-docker.pkg.dev, europe-west1-docker.pkg.dev",
  );
  const uploads = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const options = { port: registry.port, method: "POST", path: `/v2/${image}/blobs/uploads/`, headers: { host } };
      request(options, (response) => resolve(response.resume().statusCode ?? 0))
        .on("error", reject)
        .end();
    });
  expect(await uploads("europe-west1-docker.pkg.dev")).toBe(202);
  expect(await uploads("us-docker.pkg.dev")).toBe(404);
});

describe("an upload", () => {
  /** Sends the first bytes of a longer body, then breaks the connection. */
  const sendBroken = (port: number, path: string, bytes: string) =>
    new Promise<void>((resolve) => {
      const headers = { "content-length": 1_000_000 };
      const broken = request({ port, method: "PATCH", path, headers });
      broken.on("error", () => resolve()).on("close", () => resolve());
      broken.write(bytes, () => setImmediate(() => broken.destroy()));
    });

  test("that breaks off is resumed from where it was", async () => {
    const { send, port } = await startRegistry();
    const location = (await send("POST", `${image}/blobs/uploads/`)).headers.get("location") ?? "";
    const upload = location.slice("/v2/".length);
    await send("PATCH", upload, { body: "kept " });
    await sendBroken(port, location, "and more ");
    const status = await send("GET", upload);
    const sizeBytes = Number(/^0-(\d+)$/.exec(status.headers.get("range") ?? "")?.[1]) + 1;
    const whole = "kept and more of it";
    expect(sizeBytes).toBeGreaterThanOrEqual("kept ".length);
    const finished = await send("PUT", `${upload}?digest=${digestOf(whole)}`, {
      headers: { "content-range": `${sizeBytes}-${whole.length - 1}` },
      body: whole.slice(sizeBytes),
    });
    expect(finished.status).toBe(201);
  });

  test("goes on after a restart of the cloud, and so does everything that was pushed", async () => {
    const dataDir = createFolder();
    const before = await startRegistry({ dataDir });
    const { digest } = await before.pushImage(image, "v1");
    const upload = (await before.send("POST", `${image}/blobs/uploads/`)).headers.get("location")?.slice(4) ?? "";
    await before.send("PATCH", upload, { body: "first " });
    await before.stop();
    const after = registryClient(await startCloud({ dataDir }));
    expect((await after.send("GET", `${image}/manifests/v1`)).headers.get("docker-content-digest")).toBe(digest);
    const finished = await after.send("PUT", `${upload}?digest=${digestOf("first second")}`, { body: "second" });
    expect(finished.status).toBe(201);
  });
});

describe("garbage", () => {
  const day = 24 * 60 * 60 * 1000;

  test("is removed after a day: blobs that no manifest needs, and uploads that were left", async () => {
    const dataDir = createFolder();
    let now = Date.parse("2026-01-01T00:00:00Z");
    const before = await startRegistry({ dataDir, now: () => new Date(now) });
    const needed = await before.pushImage(image, "v1");
    const orphan = await before.pushBlob(image, "orphan");
    const upload = (await before.send("POST", `${image}/blobs/uploads/`)).headers.get("location")?.slice(4) ?? "";
    await before.send("PATCH", upload, { body: "left" });
    await before.stop();
    now += day + 1;
    const after = registryClient(await startCloud({ dataDir, now: () => new Date(now) }));
    const file = join(dataDir, "registry", "blobs", "sha256", orphan.slice(7, 9), orphan.slice(7));
    await expect.poll(() => existsSync(file)).toBe(false);
    expect((await after.send("HEAD", `${image}/blobs/${orphan}`)).status).toBe(404);
    expect((await after.send("GET", upload)).status).toBe(404);
    for (const digest of [needed.config, needed.layer]) {
      expect((await after.send("HEAD", `${image}/blobs/${digest}`)).status).toBe(200);
    }
  });

  test("is not what was just pushed, however often it is swept meanwhile", async () => {
    const { send, pushBlob, pushImage } = await startRegistry();
    const pushes = Array.from({ length: 20 }, async (_, index) => {
      const image = `demo/backend/image-${index}`;
      const digest = await pushBlob(image, `content ${index}`);
      const { digest: removed } = await pushImage(image, "gone", `image ${index}`);
      expect((await send("DELETE", `${image}/manifests/${removed}`)).status).toBe(202);
      return `${image}/blobs/${digest}`;
    });
    for (const path of await Promise.all(pushes)) expect((await send("HEAD", path)).status).toBe(200);
  });
});

test("a blob of 64 MiB is kept and given back whole", async () => {
  const { pushBlob, send, dataDir } = await startRegistry();
  const bytes = Buffer.alloc(64 * 1024 ** 2, "layer ");
  const digest = await pushBlob(image, bytes);
  expect(statSync(join(dataDir, "registry", "blobs", "sha256", digest.slice(7, 9), digest.slice(7))).size).toBe(
    bytes.length,
  );
  const response = await send("GET", `${image}/blobs/${digest}`);
  let received = 0;
  for await (const chunk of response.body as ReadableStream<Uint8Array>) received += chunk.length;
  expect(received).toBe(bytes.length);
});
