// Artifact Registry, asked by its official client.
import { ArtifactRegistryClient } from "@google-cloud/artifact-registry";
import { PassThroughClient } from "google-auth-library";
import { describe, expect, onTestFinished, test } from "vitest";
import { descriptor, ociIndexType, ociManifestType, type RegistryClient, registryClient } from "./registry-support.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const parent = "projects/demo/locations/asia-southeast1";
const repository = `${parent}/repositories/backend`;
const apiPackage = `${repository}/packages/api`;

function connect({ port }: TestCloud): ArtifactRegistryClient {
  const client = new ArtifactRegistryClient({
    ...{ fallback: true, protocol: "http", apiEndpoint: "127.0.0.1", port, projectId: "demo" },
    authClient: new PassThroughClient() as never,
  });
  onTestFinished(() => client.close());
  return client;
}

async function start(): Promise<RegistryClient & { readonly client: ArtifactRegistryClient }> {
  const cloud = await startCloud();
  const client = connect(cloud);
  const [operation] = await client.createRepository({
    ...{ parent, repositoryId: "backend" },
    repository: { format: "DOCKER", description: "Images", labels: { team: "web" } },
  });
  await operation.promise();
  return { ...registryClient(cloud), client };
}

const refused = (code: number) => expect.objectContaining({ code });

describe("repositories", () => {
  test("are created by an operation, read, listed, changed and removed with their images", async () => {
    const { client, pushImage, send } = await start();
    const [created] = await client.getRepository({ name: repository });
    expect(created).toMatchObject({
      ...{ name: repository, format: "DOCKER", mode: "STANDARD_REPOSITORY", description: "Images" },
      ...{ labels: { team: "web" }, registryUri: "asia-southeast1-docker.pkg.dev/demo/backend" },
    });
    await client.updateRepository({
      repository: { name: repository, description: "Other", dockerConfig: { immutableTags: true } },
      updateMask: { paths: ["description", "docker_config"] },
    });
    const [[listed]] = await client.listRepositories({ parent });
    expect(listed).toMatchObject({
      description: "Other",
      labels: { team: "web" },
      dockerConfig: { immutableTags: true },
    });
    await pushImage("demo/backend/api", "v1");
    const [[{ sizeBytes } = {}]] = await client.listRepositories({ parent });
    expect(Number(sizeBytes)).toBeGreaterThan(100);
    const [deletion] = await client.deleteRepository({ name: repository });
    await deletion.promise();
    await expect(client.getRepository({ name: repository })).rejects.toEqual(refused(5));
    expect((await send("GET", "demo/backend/api/manifests/v1")).status).toBe(404);
    const [again] = await client.createRepository({
      parent,
      repositoryId: "backend",
      repository: { format: "DOCKER" },
    });
    await again.promise();
    expect((await send("GET", "demo/backend/api/manifests/v1")).status).toBe(404);
  });

  test("survive a restart, and so do the operations that made them", async () => {
    const dataDir = createFolder();
    const before = await startCloud({ dataDir });
    const [operation] = await connect(before).createRepository({
      ...{ parent, repositoryId: "backend", repository: { format: "DOCKER" } },
    });
    await before.stop();
    const after = await startCloud({ dataDir });
    expect((await after.fetchJson(`/v1/${operation.name}`)).json).toMatchObject({
      done: true,
      response: { name: repository },
    });
    expect(await connect(after).getRepository({ name: repository })).toBeDefined();
  });

  test.each([
    ["an existing one", { repositoryId: "backend", repository: { format: "DOCKER" } }, 6],
    ["a wrong name", { repositoryId: "Backend_", repository: { format: "DOCKER" } }, 3],
    ["another format", { repositoryId: "packages", repository: { format: "NPM" } }, 12],
    ["a remote one", { repositoryId: "remote", repository: { format: "DOCKER", mode: "REMOTE_REPOSITORY" } }, 12],
    ["one with a key", { repositoryId: "keyed", repository: { format: "DOCKER", kmsKeyName: "k" } }, 12],
  ] as const)("are refused: %s", async (_, request, code) => {
    const { client } = await start();
    await expect(client.createRepository({ parent, ...request })).rejects.toEqual(refused(code));
  });

  test("fail with their operation when they are told to", async () => {
    const cloud = await startCloud();
    const rpc = "google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository";
    const consumed = await cloud.orderFault({ match: { subject: rpc }, fault: { kind: "operation-failure" } });
    const client = connect(cloud);
    const [operation] = await client.createRepository({
      ...{ parent, repositoryId: "backend", repository: { format: "DOCKER" } },
    });
    await expect(operation.promise()).rejects.toThrow();
    expect(await consumed()).toBe(1);
    await expect(client.getRepository({ name: `${parent}/repositories/backend` })).rejects.toEqual(refused(5));
  });
});

describe("images", () => {
  test("are listed as Docker images, with names that have slashes", async () => {
    const { client, pushImage } = await start();
    const { digest } = await pushImage("demo/backend/api", "v1");
    await pushImage("demo/backend/api", "v2", "v1");
    await pushImage("demo/backend/jobs/migrate", "v1");
    const [images] = await client.listDockerImages({ parent: repository });
    expect(images).toMatchObject([
      { name: `${repository}/dockerImages/api@${digest}`, tags: ["v1", "v2"], mediaType: ociManifestType },
      { uri: expect.stringMatching(/^asia-southeast1-docker\.pkg\.dev\/demo\/backend\/jobs\/migrate@sha256:/) },
    ]);
    const [image] = await client.getDockerImage({ name: `${repository}/dockerImages/api@${digest}` });
    expect(image).toMatchObject({ uri: `asia-southeast1-docker.pkg.dev/demo/backend/api@${digest}` });
    const [nested] = await client.getPackage({ name: `${repository}/packages/jobs%2Fmigrate` });
    expect(nested.name).toBe(`${repository}/packages/jobs%2Fmigrate`);
  });

  test("are listed a page at a time", async () => {
    const { client, pushImage } = await start();
    for (const name of ["a", "b", "c"]) await pushImage(`demo/backend/${name}`, "v1");
    const [first, next] = await client.listPackages({ parent: repository, pageSize: 2 }, { autoPaginate: false });
    expect(first.map(({ name }) => name)).toEqual(["a", "b"].map((name) => `${repository}/packages/${name}`));
    const [second] = await client.listPackages({ ...next }, { autoPaginate: false });
    expect(second.map(({ name }) => name)).toEqual([`${repository}/packages/c`]);
  });

  test("have versions, which stay while tags or indexes name them", async () => {
    const { client, pushImage, send } = await start();
    const { digest, manifest } = await pushImage("demo/backend/api", "v1");
    const name = `${apiPackage}/versions/${digest}`;
    const [versions] = await client.listVersions({ parent: apiPackage, view: "FULL" });
    expect(versions).toMatchObject([{ name, relatedTags: [{ name: `${apiPackage}/tags/v1`, version: name }] }]);
    await expect(client.deleteVersion({ name })).rejects.toEqual(refused(9));
    const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor(ociManifestType, manifest)] });
    await send("PUT", "demo/backend/api/manifests/all", { headers: { "content-type": ociIndexType }, body: index });
    await expect(client.deleteVersion({ name, force: true })).rejects.toEqual(refused(9));
    await send("DELETE", `demo/backend/api/manifests/${descriptor("", index).digest}`);
    const [deletion] = await client.deleteVersion({ name, force: true });
    await deletion.promise();
    expect((await send("HEAD", `demo/backend/api/manifests/${digest}`)).status).toBe(404);
  });

  test("have tags, which move and go", async () => {
    const { client, pushImage, send } = await start();
    const one = await pushImage("demo/backend/api", "one");
    const two = await pushImage("demo/backend/api", "two");
    const version = (digest: string) => `${apiPackage}/versions/${digest}`;
    await client.createTag({ parent: apiPackage, tagId: "live", tag: { version: version(one.digest) } });
    await expect(
      client.createTag({ parent: apiPackage, tagId: "live", tag: { version: version(one.digest) } }),
    ).rejects.toEqual(refused(6));
    await client.updateTag({ tag: { name: `${apiPackage}/tags/live`, version: version(two.digest) } });
    const head = await send("HEAD", "demo/backend/api/manifests/live");
    expect(head.headers.get("docker-content-digest")).toBe(two.digest);
    const filter = `version="${version(two.digest)}"`;
    const [tags] = await client.listTags({ parent: apiPackage, filter });
    expect(tags.map(({ name }) => name)).toEqual([`${apiPackage}/tags/live`, `${apiPackage}/tags/two`]);
    await client.deleteTag({ name: `${apiPackage}/tags/live` });
    expect((await send("HEAD", "demo/backend/api/manifests/live")).status).toBe(404);
  });

  test("are removed in a batch, all or none", async () => {
    const { client, pushImage, send } = await start();
    const untagged = await pushImage("demo/backend/api", "one");
    await send("DELETE", "demo/backend/api/manifests/one");
    const tagged = await pushImage("demo/backend/api", "two");
    const names = [untagged, tagged].map(({ digest }) => `${apiPackage}/versions/${digest}`);
    const [refusal] = await client.batchDeleteVersions({ parent: apiPackage, names });
    await expect(refusal.promise()).rejects.toEqual(refused(9));
    expect((await send("HEAD", `demo/backend/api/manifests/${untagged.digest}`)).status).toBe(200);
    const [deletion] = await client.batchDeleteVersions({ parent: apiPackage, names: names.slice(0, 1) });
    await deletion.promise();
    expect((await send("HEAD", `demo/backend/api/manifests/${untagged.digest}`)).status).toBe(404);
  });
});

test("what is not implemented says so by its name", async () => {
  const { client } = await start();
  await expect(client.listFiles({ parent: repository })).rejects.toThrow(
    "google.devtools.artifactregistry.v1.ArtifactRegistry.ListFiles is not implemented",
  );
});
