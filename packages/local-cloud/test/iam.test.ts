// Service accounts, policies, and what they allow. https://cloud.google.com/iam/docs/reference/rest
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const account = "deployer@demo-project.iam.gserviceaccount.com";
const accountName = `projects/demo-project/serviceAccounts/${account}`;

type Json = Record<string, unknown>;
type Caller = { readonly as?: string };

const call = async (cloud: TestCloud, method: string, path: string, body?: object, { as }: Caller = {}) =>
  cloud.fetchJson<Json>(path, {
    method,
    headers: { authorization: as === undefined ? "Bearer developer" : as === "" ? "" : `Bearer email:${as}` },
    ...(body && { body: JSON.stringify(body) }),
  });

async function startWithAccount(options: Parameters<typeof startCloud>[0] = {}): Promise<TestCloud> {
  const cloud = await startCloud(options);
  const request = { accountId: "deployer", serviceAccount: { displayName: "Deployer" } };
  expect((await call(cloud, "POST", "/v1/projects/demo-project/serviceAccounts", request)).status).toBe(200);
  return cloud;
}

const grant = async (cloud: TestCloud, resource: string, bindings: readonly (readonly [string, string])[]) => {
  const policy = { bindings: bindings.map(([role, member]) => ({ role, members: [member] })) };
  const { status } = await call(cloud, "POST", `/v1/${resource}:setIamPolicy`, { policy });
  expect(status).toBe(200);
};

describe("a service account", () => {
  test("is created once, found by email, unique id and without its project, listed, changed, disabled, removed", async () => {
    const cloud = await startWithAccount();
    const { json } = await call(cloud, "GET", `/v1/${accountName}`);
    expect(json).toMatchObject({
      name: accountName,
      email: account,
      projectId: "demo-project",
      displayName: "Deployer",
    });
    expect(json["uniqueId"]).toMatch(/^\d{21}$/);
    for (const name of [`projects/-/serviceAccounts/${account}`, `projects/-/serviceAccounts/${json["uniqueId"]}`]) {
      expect((await call(cloud, "GET", `/v1/${name}`)).json["name"]).toBe(accountName);
    }
    const again = await call(cloud, "POST", "/v1/projects/demo-project/serviceAccounts", { accountId: "deployer" });
    expect([again.status, again.json]).toMatchObject([409, { error: { status: "ALREADY_EXISTS" } }]);
    const patch = { serviceAccount: { description: "Deploys", displayName: "x" }, updateMask: "description" };
    expect((await call(cloud, "PATCH", `/v1/${accountName}`, patch)).json).toMatchObject({
      ...{ description: "Deploys", displayName: "Deployer" },
    });
    await call(cloud, "POST", `/v1/${accountName}:disable`, {});
    const { json: list } = await call(cloud, "GET", "/v1/projects/demo-project/serviceAccounts");
    expect(list).toMatchObject({ accounts: [{ email: account, disabled: true }] });
    await call(cloud, "DELETE", `/v1/${accountName}`);
    expect((await call(cloud, "GET", `/v1/${accountName}`)).status).toBe(404);
  });

  test.each(["short", "Upper-case", "1-digit-first", "x".repeat(31), "../../other"])(
    "is refused as %j",
    async (accountId) => {
      const cloud = await startCloud();
      const { status } = await call(cloud, "POST", "/v1/projects/demo-project/serviceAccounts", { accountId });
      expect(status).toBe(400);
    },
  );

  test("has keys with a real RSA key, told once and never kept", async () => {
    const cloud = await startWithAccount();
    const { json: key } = await call(cloud, "POST", `/v1/projects/-/serviceAccounts/${account}/keys`, {});
    const file = JSON.parse(Buffer.from(String(key["privateKeyData"]), "base64").toString());
    expect(file).toMatchObject({ type: "service_account", project_id: "demo-project", client_email: account });
    expect(String(key["name"])).toBe(`${accountName}/keys/${file.private_key_id}`);
    expect(createPublicKey(createPrivateKey(file.private_key)).asymmetricKeyDetails?.modulusLength).toBe(2048);
    const { json: list } = await call(cloud, "GET", `/v1/${accountName}/keys`);
    expect(list).toMatchObject({ keys: [{ name: key["name"], keyType: "USER_MANAGED" }] });
    expect(JSON.stringify(list)).not.toContain("private");
    expect((await call(cloud, "DELETE", `/v1/${key["name"]}`)).status).toBe(200);
    expect((await call(cloud, "GET", `/v1/${key["name"]}`)).status).toBe(404);
  });
});

describe("a project's policy", () => {
  const resource = "projects/demo-project";
  const read = async (cloud: TestCloud) =>
    (await call(cloud, "POST", `/v1/${resource}:getIamPolicy`, { options: { requestedPolicyVersion: 3 } })).json;

  // https://cloud.google.com/iam/docs/allow-policies#etag
  test("names the developer as owner at first, and is written under its etag", async () => {
    const cloud = await startWithAccount();
    const before = await read(cloud);
    expect(before).toMatchObject({ bindings: [{ role: "roles/owner", members: ["user:developer@localhost"] }] });
    const binding = { role: "roles/run.admin", members: [`serviceAccount:${account}`] };
    const policy = { etag: before["etag"], bindings: [...(before["bindings"] as object[]), binding] };
    const written = await call(cloud, "POST", `/v1/${resource}:setIamPolicy`, { policy });
    expect(written.json).toMatchObject({ bindings: [{ role: "roles/owner" }, binding] });
    expect(await read(cloud)).toEqual(written.json);
    const stale = await call(cloud, "POST", `/v1/${resource}:setIamPolicy`, { policy });
    expect([stale.status, stale.json]).toMatchObject([409, { error: { status: "ABORTED" } }]);
    const { json: v3 } = await call(cloud, "POST", `/v3/${resource}:getIamPolicy`, {});
    expect(v3).toEqual(written.json);
  });

  test("merges bindings of one role", async () => {
    const cloud = await startCloud();
    const binding = (member: string) => ({ role: "roles/viewer", members: [member, "user:a@x.io"] });
    const policy = { bindings: [binding("user:b@x.io"), binding("user:a@x.io")] };
    const { json } = await call(cloud, "POST", `/v1/${resource}:setIamPolicy`, { policy });
    expect(json["bindings"]).toEqual([{ role: "roles/viewer", members: ["user:a@x.io", "user:b@x.io"] }]);
  });

  test.each([
    ["a service account that does not exist", { role: "roles/viewer", members: [`serviceAccount:${account}`] }, 400],
    ["a member of no kind", { role: "roles/viewer", members: ["somebody"] }, 400],
    ["a role that is none", { role: "viewer", members: ["user:a@x.io"] }, 400],
    ["a role whose permissions are not known here", { role: "roles/spanner.admin", members: ["user:a@x.io"] }, 501],
    ["a condition", { role: "roles/viewer", members: ["user:a@x.io"], condition: { expression: "true" } }, 501],
  ])("is refused with %s", async (_, binding, status) => {
    const cloud = await startCloud();
    const policy = { bindings: [binding] };
    expect((await call(cloud, "POST", `/v1/${resource}:setIamPolicy`, { policy })).status).toBe(status);
  });
});

// https://cloud.google.com/iam/docs/permission-error-messages
describe("--iam enforce", () => {
  const deployer = `serviceAccount:${account}`;
  const owner = ["roles/owner", "user:developer@localhost"] as const;
  const create = (cloud: TestCloud, as: string) => {
    const path = "/v1/projects/demo-project/secrets?secretId=KEY";
    return call(cloud, "POST", path, { replication: { automatic: {} } }, { as });
  };

  test("refuses a caller without the permission in Google's shape, and one without a token with 401", async () => {
    const cloud = await startWithAccount({ iam: "enforce" });
    const denied = await create(cloud, account);
    expect(denied.status).toBe(403);
    expect(denied.json).toMatchObject({
      error: {
        status: "PERMISSION_DENIED",
        message: expect.stringContaining("Permission 'secretmanager.secrets.create' denied"),
        details: [{ reason: "IAM_PERMISSION_DENIED" }],
      },
    });
    expect((await create(cloud, "")).status).toBe(401);
  });

  test("lets a caller do what a role on the project, or on the resource itself, grants", async () => {
    const cloud = await startWithAccount({ iam: "enforce" });
    await grant(cloud, "projects/demo-project", [owner, ["roles/secretmanager.admin", deployer]]);
    expect((await create(cloud, account)).status).toBe(200);
    const version = { payload: { data: Buffer.from("x").toString("base64") } };
    const secret = "/v1/projects/demo-project/secrets/KEY";
    expect((await call(cloud, "POST", `${secret}:addVersion`, version, { as: account })).status).toBe(200);
    const access = () =>
      call(cloud, "GET", `${secret}/versions/latest:access`, undefined, { as: "reader@example.com" });
    expect((await access()).status).toBe(403);
    await grant(cloud, "projects/demo-project/secrets/KEY", [
      ["roles/secretmanager.secretAccessor", "user:reader@example.com"],
    ]);
    expect((await access()).status).toBe(200);
    const [other] = [await call(cloud, "GET", secret, undefined, { as: "reader@example.com" })];
    expect(other.status).toBe(403);
  });

  test("tells each caller which permissions it has", async () => {
    const cloud = await startWithAccount({ iam: "enforce" });
    await grant(cloud, "projects/demo-project", [owner, ["roles/run.viewer", deployer]]);
    const permissions = ["run.services.get", "run.services.create"];
    const path = "/v1/projects/demo-project:testIamPermissions";
    expect((await call(cloud, "POST", path, { permissions }, { as: account })).json).toEqual({
      permissions: ["run.services.get"],
    });
    expect((await call(cloud, "POST", path, { permissions })).json).toEqual({ permissions });
    expect((await call(cloud, "POST", path, { permissions }, { as: "" })).json).toEqual({});
  });
});

describe("Cloud Run's own questions", () => {
  const jobs = "/v2/projects/demo-project/locations/asia-southeast1/jobs";
  const runtime = "projects/demo-project/serviceAccounts/runtime@demo-project.iam.gserviceaccount.com";
  const email = runtime.split("/").at(-1) ?? "";
  const job = { template: { template: { containers: [{ image: "x" }], serviceAccount: email } } };

  // https://cloud.google.com/run/docs/reference/iam/roles#additional-configuration
  test("a deployer needs actAs on the runtime account, and gets it by a role on that account", async () => {
    const cloud = await startWithAccount({ iam: "enforce" });
    const deployer = `serviceAccount:${account}`;
    await call(cloud, "POST", "/v1/projects/demo-project/serviceAccounts", { accountId: "runtime" });
    const owner = ["roles/owner", "user:developer@localhost"] as const;
    await grant(cloud, "projects/demo-project", [owner, ["roles/run.developer", deployer]]);
    const create = () => call(cloud, "POST", `${jobs}?jobId=migrate`, job, { as: account });
    expect(await create()).toMatchObject({
      status: 403,
      json: {
        error: {
          status: "PERMISSION_DENIED",
          message: `Permission 'iam.serviceaccounts.actAs' denied on service account ${email} (or it may not exist).`,
        },
      },
    });
    await grant(cloud, runtime, [["roles/iam.serviceAccountUser", deployer]]);
    expect((await create()).status).toBe(200);
  });

  // https://cloud.google.com/run/docs/reference/iam/permissions
  test("an update that may create, and a run with overrides, need more than their methods say", async () => {
    const cloud = await startWithAccount({ iam: "record" });
    const asDeployer = { as: account };
    expect((await call(cloud, "PATCH", `${jobs}/migrate?allowMissing=true`, job, asDeployer)).status).toBe(200);
    const run = { validateOnly: true, overrides: { taskCount: 1 } };
    expect((await call(cloud, "POST", `${jobs}/migrate:run`, run, asDeployer)).status).toBe(200);
    const { json } = await cloud.fetchJson<{ uses: Json[] }>("/_local/permissions");
    const used = json.uses.filter(({ principal }) => principal === account);
    const name = `${jobs.slice("/v2/".length)}/migrate`;
    expect(used.map(({ permission, resource }) => [permission, resource])).toEqual([
      ["iam.serviceAccounts.actAs", runtime],
      ["run.jobs.create", "projects/demo-project"],
      ["run.jobs.run", name],
      ["run.jobs.runWithOverrides", name],
      ["run.jobs.update", name],
    ]);
  });
});

test("--iam record writes which permissions each caller used, and keeps it over a restart", async () => {
  const dataDir = createFolder();
  const before = await startWithAccount({ iam: "record", dataDir });
  expect((await call(before, "GET", "/v1/projects/demo-project/secrets", undefined, { as: account })).status).toBe(200);
  await before.stop();
  const after = await startCloud({ iam: "record", dataDir });
  const { json } = await after.fetchJson<{ uses: Json[] }>("/_local/permissions");
  expect(json.uses).toContainEqual({
    ...{ principal: account, permission: "secretmanager.secrets.list" },
    ...{ resource: "projects/demo-project", granted: false },
  });
});

test("the roles that are known are told with their permissions", async () => {
  const cloud = await startCloud();
  const { json } = await cloud.fetchJson<Json>("/v1/roles/run.invoker");
  expect(json).toMatchObject({ name: "roles/run.invoker", includedPermissions: ["run.routes.invoke"] });
  const { json: all } = await cloud.fetchJson<{ roles: Json[] }>("/v1/roles?pageSize=1000");
  expect(all.roles.length).toBeGreaterThan(40);
  expect((await cloud.fetchJson("/v1/roles/none.such")).status).toBe(404);
});
