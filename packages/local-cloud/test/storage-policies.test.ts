// Who may do what: https://cloud.google.com/storage/docs/access-control/iam
import { expect, test } from "vitest";
import { type StartOptions, startCloud, type TestCloud } from "./support/start-cloud.ts";
import { grantToAll, startWithBucket } from "./support/start-storage.ts";

const iam = "/storage/v1/b/files/iam";

// https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy
test("a policy is replaced only by who has read it", async () => {
  const { call } = await startWithBucket();
  const policy = (await call("GET", iam)).json;
  const bindings = [{ role: "roles/storage.objectViewer", members: ["user:a@b.c", "user:a@b.c"] }];
  const replaced = await call("PUT", iam, { bindings, etag: policy.etag });
  expect(replaced.json).toMatchObject({
    bindings: [{ members: ["user:a@b.c"] }],
    resourceId: "projects/_/buckets/files",
  });
  expect((await call("PUT", iam, { bindings, etag: policy.etag })).status).toBe(412);
  expect((await call("PUT", iam, { bindings: [{ role: "viewer", members: [] }] })).status).toBe(400);
  const conditional = {
    role: "roles/storage.objectViewer",
    members: ["user:a@b.c"],
    condition: { expression: "true" },
  };
  expect((await call("PUT", iam, { bindings: [conditional], version: 3 })).status).toBe(501);
  expect((await call("PUT", iam, { bindings: [{ role: "roles/storage.admin", members: ["a@b.c"] }] })).status).toBe(
    400,
  );
});

// https://cloud.google.com/storage/docs/public-access-prevention
test("nobody opens a bucket whose public access is prevented", async () => {
  const storage = await startWithBucket({ iamConfiguration: { publicAccessPrevention: "enforced" } });
  await expect(grantToAll(storage, "objectViewer")).rejects.toThrow();
});

// https://cloud.google.com/storage/docs/uniform-bucket-level-access
test("with uniform access ACLs are refused as Google refuses them", async () => {
  const { call, upload } = await startWithBucket({ iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } });
  expect((await call("GET", "/storage/v1/b/files/acl")).status).toBe(400);
  expect((await upload("files", "x", "x", { query: { predefinedAcl: "private" } })).status).toBe(400);
  expect((await upload("files", "x", "x")).status).toBe(200);
});

test("without it an ACL that opens an object is refused by name, and one that opens nothing is taken", async () => {
  const { upload } = await startWithBucket();
  expect((await upload("files", "x", "x", { query: { predefinedAcl: "publicRead" } })).status).toBe(501);
  expect((await upload("files", "x", "x", { query: { predefinedAcl: "private" } })).status).toBe(200);
});

const call = (cloud: TestCloud, caller: string | undefined, method: string, path: string, json?: object) =>
  cloud.fetchJson<{ error?: { errors: { reason: string }[] } }>(path, {
    method,
    headers: { authorization: caller === undefined ? "" : `Bearer email:${caller}` },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });

/** The whole cloud, with a bucket of the developer's project `demo` that has an object `x`. */
const startEnforcing = async (options: StartOptions = {}) => {
  const cloud = await startCloud({ iam: "enforce", ...options });
  const owner = "developer@localhost";
  expect((await call(cloud, owner, "POST", "/storage/v1/b?project=demo", { name: "files" })).status).toBe(200);
  const upload = "/upload/storage/v1/b/files/o?uploadType=media&name=";
  expect((await call(cloud, owner, "POST", `${upload}x`, {})).status).toBe(200);
  const grant = (role: string, member: string) =>
    call(cloud, owner, "PUT", iam, { bindings: [{ role: `roles/storage.${role}`, members: [member] }] });
  const status = async (caller: string | undefined, method: string, path: string, json?: object) =>
    (await call(cloud, caller, method, path, json)).status;
  return { cloud, grant, status, upload };
};

// https://cloud.google.com/storage/docs/access-control/iam-roles and making-data-public
test("objectViewer for all lets anyone list, legacyObjectReader does not", async () => {
  const { grant, status } = await startEnforcing();
  const [object, list, missing] = ["/storage/v1/b/files/o/x", "/storage/v1/b/files/o", "/storage/v1/b/files/o/missing"];
  expect(await status(undefined, "GET", object)).toBe(401);
  await grant("objectViewer", "allUsers");
  expect(await status(undefined, "GET", object)).toBe(200);
  expect(await status(undefined, "GET", list)).toBe(200);
  expect(await status(undefined, "GET", missing)).toBe(404);
  await grant("legacyObjectReader", "allUsers");
  expect(await status(undefined, "GET", object)).toBe(200);
  expect(await status(undefined, "GET", list)).toBe(401);
  expect(await status(undefined, "GET", missing)).toBe(401);
});

// https://cloud.google.com/storage/docs/access-control/iam-json: overwriting needs storage.objects.delete
test("a creator writes what is new, and only who may delete overwrites", async () => {
  const { cloud, grant, status, upload } = await startEnforcing();
  await grant("objectCreator", "user:ci@x.io");
  expect(await status("ci@x.io", "POST", `${upload}new`, {})).toBe(200);
  expect(await status("ci@x.io", "POST", `${upload}x`, {})).toBe(403);
  expect(await status("ci@x.io", "DELETE", "/storage/v1/b/files/o/x")).toBe(403);
  expect(await status("ci@x.io", "GET", "/storage/v1/b/none")).toBe(404);
  const refused = await call(cloud, "ci@x.io", "GET", "/storage/v1/b/files/o/x");
  expect(refused).toMatchObject({ status: 403, json: { error: { errors: [{ reason: "forbidden" }] } } });
  await grant("objectAdmin", "user:ci@x.io");
  expect(await status("ci@x.io", "POST", `${upload}x`, {})).toBe(200);
});

test("records what a deploy of a site asked for", async () => {
  const cloud = await startCloud({ iam: "record" });
  const as = (method: string, path: string, json?: object) => call(cloud, "ci@x.io", method, path, json);
  await as("POST", "/storage/v1/b?project=demo", { name: "files" });
  await as("POST", "/upload/storage/v1/b/files/o?uploadType=media&name=x", {});
  await as("POST", "/upload/storage/v1/b/files/o?uploadType=media&name=x", {});
  await as("GET", "/storage/v1/b/files/o");
  const { json } = await cloud.fetchJson<{ uses: { permission: string; resource: string }[] }>("/_local/permissions");
  expect(json.uses.map(({ permission, resource }) => `${permission} ${resource}`).sort()).toEqual([
    "storage.buckets.create projects/demo",
    "storage.objects.create buckets/files",
    "storage.objects.delete buckets/files",
    "storage.objects.list buckets/files",
  ]);
});
