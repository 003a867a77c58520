// What the runtime is given to run.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createPlatform, type Platform } from "../src/platform.ts";
import {
  createRepository,
  descriptor,
  digestOf,
  emptyLayer,
  imageConfig,
  ociIndexType,
  ociManifestType,
  registryClient,
} from "./registry-support.ts";
import { startCloud } from "./support/start-cloud.ts";

const image = "demo/backend/api";

/** A registry together with the image source that its cloud hands to the runtime. */
async function startWithImages() {
  let platform: Platform | undefined;
  const cloud = await startCloud({
    services: (context) => {
      platform = createPlatform(context, { logs: { read: () => [] } });
      return platform.services;
    },
  });
  await createRepository(cloud, "demo/backend");
  if (!platform) throw new Error("no services were made");
  return { ...registryClient(cloud), images: platform.images };
}

test("finds an image by tag, digest, both, and any of the names that its registry has", async () => {
  const { images, pushImage, port } = await startWithImages();
  const { digest } = await pushImage(image, "v1");
  const references = [
    `asia-southeast1-docker.pkg.dev/${image}:v1`,
    `asia-southeast1-docker.pkg.dev/${image}@${digest}`,
    `asia-southeast1-docker.pkg.dev/${image}:other@${digest}`,
    `127.0.0.1:${port}/${image}:v1`,
    `localhost:${port}/${image}@${digest}`,
    `${image}:v1`,
  ];
  for (const reference of references) {
    expect(await images.resolve(reference)).toMatchObject({
      ...{ repository: image, digest, manifest: { schemaVersion: 2 } },
      config: { os: "linux", config: { Env: ["CONTENT=v1"] } },
    });
  }
});

test("takes latest where no tag is named", async () => {
  const { images, pushImage } = await startWithImages();
  await pushImage(image, "latest");
  expect(await images.resolve(image)).toBeDefined();
});

test.each([
  "demo/backend/api:none",
  "demo/backend/none:v1",
  "demo/none/api:v1",
  "europe-west1-docker.pkg.dev/demo/backend/api:v1",
  "docker.io/library/node:24",
  "demo/backend/api@sha256:123",
  "demo/backend/../api:v1",
  "demo/backend",
  "",
])("knows no image %j", async (reference) => {
  const { images, pushImage } = await startWithImages();
  await pushImage(image, "v1");
  expect(await images.resolve(reference)).toBeUndefined();
});

test("follows an index to this machine's platform, and keeps the index's digest", async () => {
  const { images, pushImage, send } = await startWithImages();
  const { manifest } = await pushImage(image, "child");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const index = (platform: object) =>
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor(ociManifestType, manifest), platform }] });
  const push = (tag: string, body: string) =>
    send("PUT", `${image}/manifests/${tag}`, { headers: { "content-type": ociIndexType }, body });
  await push("ours", index({ os: "linux", architecture }));
  await push("theirs", index({ os: "linux", architecture: "s390x" }));
  expect(await images.resolve(`${image}:ours`)).toMatchObject({
    digest: digestOf(index({ os: "linux", architecture })),
    manifest: { config: descriptor("application/vnd.oci.image.config.v1+json", imageConfig("child")) },
  });
  expect(await images.resolve(`${image}:theirs`)).toBeUndefined();
});

test("gives the file of a blob to those images that hold it", async () => {
  const { images, pushImage } = await startWithImages();
  const { layer } = await pushImage(image, "v1");
  const path = (await images.blobPath(image, layer)) ?? "";
  expect(readFileSync(path, "latin1")).toBe(emptyLayer);
  expect(await images.blobPath("demo/backend/other", layer)).toBeUndefined();
  expect(await images.blobPath(image, digestOf("other"))).toBeUndefined();
  expect(await images.blobPath(image, "sha256:../../x")).toBeUndefined();
});
