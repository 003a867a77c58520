// What the routes ask for, and what the table of roles can grant, are the same names.
import { expect, test } from "vitest";
import { knownPermissions, roleGrants } from "../src/iam/roles/role-table.ts";
import { bodyFields } from "../src/json/body-fields.ts";
import type { CloudService, Route } from "../src/server/types.ts";
import { createServices } from "../src/services.ts";
import { startCloud } from "./support/start-cloud.ts";

async function allServices(): Promise<readonly CloudService[]> {
  let made: readonly CloudService[] = [];
  await startCloud({
    services: (context) => {
      made = createServices(context);
      return made;
    },
  });
  return made;
}

const allRoutes = async (): Promise<readonly Route[]> => (await allServices()).flatMap(({ routes }) => routes);

/** APIs whose routes name their permission; others ask within a handler, once it knows the object or the project. */
const checked = [
  "artifactregistry",
  "cloudresourcemanager",
  "iam",
  "redis",
  "secretmanager",
  "serviceusage",
  "sqladmin",
];

test("every permission that a route asks for is granted by some predefined role", async () => {
  const asked = new Set((await allRoutes()).flatMap(({ permission }) => permission ?? []));
  expect([...asked].filter((permission) => !knownPermissions.includes(permission))).toEqual([]);
});

test("every route that changes something asks for a permission", async () => {
  const services = (await allServices()).filter(({ api }) => checked.includes(api.split(".")[0] ?? ""));
  expect(new Set(services.map(({ api }) => api)).size).toBe(checked.length);
  const open = services
    .flatMap(({ routes }) => routes)
    .filter(({ write, permission }) => write && permission === undefined);
  expect(open.map(({ rpc }) => rpc)).toEqual([]);
});

test("every permission that is asked for has its page of Google's, or is called unverified", async () => {
  const cloud = await startCloud();
  type Row = { readonly rpc: string; readonly permission?: string; readonly permissionPage?: string };
  const { json } = await cloud.fetchJson<{ methods: readonly Row[] }>("/_local/methods");
  const rows = json.methods.filter(({ permission }) => permission !== undefined);
  const page = /^(unverified|https:\/\/cloud\.google\.com\/[\w./-]+)$/;
  expect(rows.filter(({ permissionPage = "" }) => !page.test(permissionPage))).toEqual([]);
  const pageOf = (rpc: string) => rows.find((row) => row.rpc === rpc)?.permissionPage;
  expect(pageOf("google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion")).toBe(
    "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access",
  );
  expect(pageOf("iam.projects.serviceAccounts.keys.create")).toBe(
    "https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/create",
  );
  expect(pageOf("oci.distribution.v1.PutManifest")).toBe(
    "https://cloud.google.com/artifact-registry/docs/audit-logging",
  );
  expect(pageOf("oci.distribution.v1.UploadChunk")).toBe("unverified");
  // https://cloud.google.com/run/docs/reference/iam/permissions says that there are none for them.
  expect(pageOf("run.namespaces.domainmappings.create")).toBe("unverified");
});

test("fields are told of methods that there are, and others are refused by name", async () => {
  const names = new Set((await allRoutes()).map(({ rpc }) => rpc));
  expect(Object.keys(bodyFields).filter((rpc) => !names.has(rpc))).toEqual([]);
  const cloud = await startCloud();
  const create = (body: object) =>
    cloud.fetchJson<{ error?: { message: string } }>("/v1/projects/demo-project/serviceAccounts", {
      method: "POST",
      body: JSON.stringify(body),
    });
  expect(await create({ accountId: "account-one", quota: 1 })).toMatchObject({
    status: 501,
    json: { error: { message: "The local cloud does not have quota in iam.projects.serviceAccounts.create." } },
  });
  expect((await create({ accountId: "account-one", quota: 0 })).status).toBe(200);
});

test("a viewer can read, and not change, what the routes serve", async () => {
  const routes = (await allRoutes()).filter(({ permission }) => permission !== undefined);
  const changes = routes.filter(({ write, permission = "" }) => write && roleGrants("roles/viewer", permission));
  expect(changes.map(({ rpc }) => rpc)).toEqual([]);
});
