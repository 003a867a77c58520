// The right to purge Cloud CDN is told, not granted: every predefined role that has it may change load balancers. Pure.
import type { Stack } from "@slipway/config";
import { deployerAccount } from "./grants.ts";
import { none, type Planner } from "./plan-part.ts";
import { guardedKey } from "./provision-types.ts";

export const purgesCloudCdn = ({ units }: Stack): boolean =>
  units.some((unit) => unit.kind === "site" && unit.purge?.kind === "cloud-cdn");

/** Have compute.urlMaps.invalidateCache, as may a role of the project's own. */
const purgers: ReadonlySet<string> = new Set([
  "roles/compute.loadBalancerAdmin",
  "roles/compute.networkAdmin",
  "roles/compute.admin",
  "roles/editor",
  "roles/owner",
]);

export const planCdn: Planner = (stack, { policies }) => {
  if (!purgesCloudCdn(stack)) return none;
  const { project } = stack.environment;
  const member = `serviceAccount:${deployerAccount(stack)}`;
  const policy = policies.get(guardedKey({ on: "project", name: project }));
  const may = policy?.bindings.some(
    ({ role, members }) => members.includes(member) && (purgers.has(role) || !role.startsWith("roles/")),
  );
  if (may) return none;
  return {
    ...none,
    problems: [
      {
        severity: "advice",
        subject: "Cloud CDN",
        message: "the deployer may not purge it: changed pages stay in the cache for as long as their headers say",
        hint: `gcloud iam roles create cdnPurge --project=${project} --permissions=compute.urlMaps.invalidateCache, then grant it: docs/setup.md, 5. Domains`,
      },
    ],
  };
};
