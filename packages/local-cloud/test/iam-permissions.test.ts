// What the routes ask for, and what the table of roles can grant, are the same names.
import { expect, test } from "vitest";
import { knownPermissions, roleGrants } from "../src/iam/roles/role-table.ts";
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

test("a viewer can read, and not change, what the routes serve", async () => {
  const routes = (await allRoutes()).filter(({ permission }) => permission !== undefined);
  const changes = routes.filter(({ write, permission = "" }) => write && roleGrants("roles/viewer", permission));
  expect(changes.map(({ rpc }) => rpc)).toEqual([]);
});
