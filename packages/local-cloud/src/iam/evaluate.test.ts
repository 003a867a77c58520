import { describe, expect, test } from "vitest";
import type { StoredPolicy } from "../server/types.ts";
import { createEvaluator } from "./evaluate.ts";
import { knownPermissions, listRoles, roleGrants } from "./roles/role-table.ts";

const policy = (bindings: StoredPolicy["bindings"], parent?: string): StoredPolicy => ({
  ...{ version: 1, etag: "e", bindings },
  ...(parent !== undefined && { parent }),
});
const bind = (role: string, ...members: string[]) => ({ role, members });

const policies: Readonly<Record<string, StoredPolicy>> = {
  "projects/p": policy([
    bind("roles/owner", "user:owner@x.io"),
    bind("roles/editor", "user:editor@x.io"),
    bind("roles/viewer", "domain:viewers.io"),
    bind("roles/run.developer", "serviceAccount:deployer@p.iam.gserviceaccount.com"),
  ]),
  "projects/p/locations/l/services/public": policy([bind("roles/run.invoker", "allUsers")]),
  "projects/p/locations/l/services/members": policy([bind("roles/run.invoker", "allAuthenticatedUsers")]),
  "projects/p/secrets/guarded": policy([
    { ...bind("roles/secretmanager.secretAccessor", "user:a@x.io"), condition: { expression: "false" } },
  ]),
  "buckets/site": policy([bind("roles/storage.objectViewer", "allUsers")], "projects/p"),
  "buckets/files": policy(
    [bind("roles/storage.legacyObjectReader", "allUsers"), bind("roles/storage.legacyBucketOwner", "projectEditor:p")],
    "projects/p",
  ),
};
const { allows } = createEvaluator((resource) => policies[resource]);

describe("policies", () => {
  test.each([
    ["owner@x.io", "anything.at.all", "projects/p/locations/l/services/s", true],
    ["OWNER@x.io", "run.services.get", "projects/p", true],
    ["anybody@viewers.io", "run.services.get", "projects/p/locations/l/services/s", true],
    ["anybody@viewers.io", "run.services.create", "projects/p", false],
    ["anybody@notviewers.io", "run.services.get", "projects/p", false],
    ["deployer@p.iam.gserviceaccount.com", "run.services.create", "projects/p", true],
    ["deployer@p.iam.gserviceaccount.com", "run.services.setIamPolicy", "projects/p", false],
    ["deployer@p.iam.gserviceaccount.com", "run.services.create", "projects/other", false],
    ["anonymous", "run.routes.invoke", "projects/p/locations/l/services/public", true],
    ["anonymous", "run.routes.invoke", "projects/p/locations/l/services/members", false],
    ["somebody@y.io", "run.routes.invoke", "projects/p/locations/l/services/members", true],
    ["somebody@y.io", "run.services.get", "projects/p/locations/l/services/members", false],
    ["a@x.io", "secretmanager.versions.access", "projects/p/secrets/guarded", false],
    ["editor@x.io", "secretmanager.versions.access", "projects/p/secrets/s", false],
    ["editor@x.io", "secretmanager.versions.add", "projects/p/secrets/s", true],
    ["editor@x.io", "run.routes.invoke", "projects/p/locations/l/services/s", true],
    ["anonymous", "storage.objects.list", "buckets/site", true],
    ["anonymous", "storage.objects.get", "buckets/site/objects/a/b", true],
    ["anonymous", "storage.objects.get", "buckets/files", true],
    ["anonymous", "storage.objects.list", "buckets/files", false],
    ["editor@x.io", "storage.objects.create", "buckets/files", true],
    ["editor@x.io", "storage.objects.create", "buckets/site", false],
    ["owner@x.io", "storage.objects.create", "buckets/site", true],
    ["anybody@viewers.io", "storage.objects.create", "buckets/files", false],
    ["owner@x.io", "run.services.get", "", false],
  ] as const)("%s, %s on %s: %s", (principal, permission, resource, expected) => {
    expect(allows(principal, permission, resource)).toBe(expected);
  });

  test("that name each other as parents end", () => {
    const endless = createEvaluator((resource) => policy([], resource === "a" ? "b" : "a"));
    expect(endless.allows("x@y.z", "run.services.get", "a")).toBe(false);
  });
});

describe("the table of roles", () => {
  test("cites a page of Google's for every role", () => {
    for (const { reference } of listRoles()) expect(reference).toMatch(/^https:\/\/cloud\.google\.com\/iam\/docs\//);
  });

  test("gives basic roles what their descriptions say", () => {
    const granted = (role: string) => knownPermissions.filter((permission) => roleGrants(role, permission));
    expect(granted("roles/owner")).toEqual(knownPermissions);
    expect(granted("roles/viewer").every((permission) => /\.(?:get|list)\w*$/.test(permission))).toBe(true);
    expect(granted("roles/editor").some((permission) => permission.endsWith("setIamPolicy"))).toBe(false);
  });

  // https://cloud.google.com/iam/docs/roles-permissions
  test.each([
    ["roles/run.developer", "run.services.update", true],
    ["roles/run.developer", "run.services.setIamPolicy", false],
    ["roles/run.viewer", "run.routes.invoke", false],
    ["roles/artifactregistry.writer", "artifactregistry.repositories.uploadArtifacts", true],
    ["roles/artifactregistry.writer", "artifactregistry.repositories.deleteArtifacts", false],
    ["roles/artifactregistry.reader", "artifactregistry.repositories.uploadArtifacts", false],
    ["roles/secretmanager.viewer", "secretmanager.versions.access", false],
    ["roles/cloudsql.client", "cloudsql.instances.connect", true],
    ["roles/storage.objectCreator", "storage.objects.get", false],
    ["roles/storage.objectAdmin", "storage.buckets.get", false],
    ["roles/iam.serviceAccountUser", "iam.serviceAccounts.actAs", true],
    ["roles/redis.editor", "redis.instances.getAuthString", false],
    ["roles/none", "run.services.get", false],
  ])("%s grants %s: %s", (role, permission, expected) => {
    expect(roleGrants(role, permission)).toBe(expected);
  });
});
