// Docker-style clients take the registry for one.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { runOk, runTool, testWithTools } from "./platform-tools.ts";
import {
  descriptor,
  emptyLayer,
  imageConfig,
  makeManifest,
  ociManifestType,
  startRegistry,
} from "./registry-support.ts";
import { createFolder } from "./support/start-cloud.ts";

/** An image as a folder in OCI's layout, tagged `v1`. */
function makeLayout(): string {
  const folder = createFolder();
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const config = imageConfig("from a layout");
  const manifest = makeManifest(config, [emptyLayer]);
  for (const content of [config, emptyLayer, manifest]) {
    const { digest } = descriptor("", content);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), content, "latin1");
  }
  const annotations = { "org.opencontainers.image.ref.name": "v1" };
  const manifests = [{ ...descriptor(ociManifestType, manifest), annotations }];
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return folder;
}

const insecure = { from: "--src-tls-verify=false", to: "--dest-tls-verify=false" };

describe("skopeo", () => {
  testWithTools(["skopeo"], "copies an image in, reads it, copies it on and out again", async () => {
    const { port, send } = await startRegistry();
    const registry = `docker://127.0.0.1:${port}/demo/backend`;
    await runOk("skopeo", ["copy", insecure.to, `oci:${makeLayout()}:v1`, `${registry}/api:v1`]);
    const inspected = JSON.parse(await runOk("skopeo", ["inspect", "--tls-verify=false", `${registry}/api:v1`]));
    expect(inspected).toMatchObject({ RepoTags: ["v1"], Os: "linux", Env: ["CONTENT=from a layout"] });
    await runOk("skopeo", ["copy", insecure.from, insecure.to, `${registry}/api:v1`, `${registry}/copies/api:v2`]);
    await runOk("skopeo", [
      "copy",
      "--format=v2s2",
      insecure.from,
      insecure.to,
      `${registry}/api:v1`,
      `${registry}/api:docker`,
    ]);
    const docker = await send("HEAD", "demo/backend/api/manifests/docker");
    expect(docker.headers.get("content-type")).toBe("application/vnd.docker.distribution.manifest.v2+json");
    const out = createFolder();
    await runOk("skopeo", ["copy", insecure.from, `${registry}/copies/api@${inspected.Digest}`, `oci:${out}:v2`]);
    expect(readFileSync(join(out, "index.json"), "utf8")).toContain(inspected.Digest);
    await runOk("skopeo", ["delete", "--tls-verify=false", `${registry}/api:v1`]);
    expect((await send("HEAD", "demo/backend/api/manifests/v1")).status).toBe(404);
  });

  testWithTools(["skopeo"], "says what Artifact Registry says of a repository that does not exist", async () => {
    const { port } = await startRegistry();
    const target = `docker://127.0.0.1:${port}/demo/missing/api:v1`;
    const { code, stderr } = await runTool("skopeo", ["copy", insecure.to, `oci:${makeLayout()}:v1`, target]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('name unknown: Repository \\"missing\\" not found');
  });

  testWithTools(["skopeo"], "logs in with a token where permissions count", async () => {
    const { port, fetchJson } = await startRegistry({ iam: "enforce" });
    const binding = { role: "roles/artifactregistry.writer", members: ["user:pusher@example.com"] };
    const policy = { method: "POST", body: JSON.stringify({ policy: { bindings: [binding] } }) };
    const resource = "projects/demo/locations/asia-southeast1/repositories/backend";
    expect((await fetchJson(`/v1/${resource}:setIamPolicy`, policy)).status).toBe(200);
    const push = (credentials: readonly string[]) => {
      const target = `docker://127.0.0.1:${port}/demo/backend/api:v1`;
      return runTool("skopeo", ["copy", insecure.to, ...credentials, `oci:${makeLayout()}:v1`, target]);
    };
    expect((await push([])).code).not.toBe(0);
    expect((await push(["--dest-creds=oauth2accesstoken:email:reader@example.com"])).stderr).toContain("403");
    expect((await push(["--dest-creds=oauth2accesstoken:email:pusher@example.com"])).code).toBe(0);
  });
});

describe("buildah", () => {
  testWithTools(["buildah"], "builds an image from nothing, pushes it, and pulls it back", async () => {
    const { port, send } = await startRegistry();
    const storage = createFolder();
    const buildah = (...args: string[]) =>
      runOk("buildah", [
        "--root",
        join(storage, "root"),
        "--runroot",
        join(storage, "run"),
        "--storage-driver",
        "vfs",
        ...args,
      ]);
    writeFileSync(join(storage, "file"), "content");
    writeFileSync(join(storage, "Dockerfile"), 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n');
    await buildah("bud", "--isolation", "chroot", "--tag", "built", storage);
    const target = `127.0.0.1:${port}/demo/backend/built:v1`;
    await buildah("push", "--tls-verify=false", "built", `docker://${target}`);
    expect((await send("HEAD", "demo/backend/built/manifests/v1")).status).toBe(200);
    const forget = () => buildah("rmi", "--all", "--force");
    await forget();
    expect((await buildah("pull", "--tls-verify=false", `docker://${target}`)).trim()).toMatch(/^[0-9a-f]{64}$/);
    // An image's root may not be written to by its owner, so only buildah can remove it for others than root.
    await forget();
  });
});
