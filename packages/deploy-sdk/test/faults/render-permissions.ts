// docs/permissions.md, written from what provisioning grants and what a whole life has used of it.
import type { Stack } from "@slipway/config";
import type { PermissionUse } from "@slipway/local-cloud";
import { deployerAccount, everybody, type Grant, grantsOf } from "../../src/provision/grants.ts";

/** A role of an account, and what came of it; on resources of one kind, which are alike. */
export type RoleUse = {
  readonly member: string;
  readonly role: string;
  readonly on: Grant["resource"]["on"];
  readonly reason: string;
  readonly used: readonly string[];
  readonly unused: readonly string[];
};

export type PermissionsOf = (role: string) => Promise<readonly string[]>;

export async function judgeRoles(
  stack: Stack,
  uses: readonly PermissionUse[],
  permissionsOf: PermissionsOf,
): Promise<readonly RoleUse[]> {
  const named = grantsOf(stack).filter(({ member }) => member !== everybody);
  const grants = new Map(named.map((grant) => [[grant.member, grant.role, grant.resource.on].join(" "), grant]));
  return Promise.all(
    [...grants.values()].map(async ({ member, role, resource: { on }, reason }) => {
      const of = uses.filter(({ principal }) => member === `serviceAccount:${principal}`);
      const asked = new Set(of.map(({ permission }) => permission));
      const permissions = await permissionsOf(role);
      const used = permissions.filter((permission) => asked.has(permission));
      return { member, role, on, reason, used, unused: permissions.filter((permission) => !asked.has(permission)) };
    }),
  );
}

/** Uses by the stack's accounts that no role of theirs grants. */
export const missingGrants = (stack: Stack, uses: readonly PermissionUse[]): readonly PermissionUse[] =>
  uses.filter(
    ({ principal, granted }) => !granted && [deployerAccount(stack), stack.runtimeAccount].includes(principal),
  );

const list = (permissions: readonly string[]): string => permissions.map((name) => `\`${name}\``).join(", ") || "none";
const section = ({ role, on, reason, used, unused }: RoleUse): string => `### \`${role}\` on the ${on}

${reason}.

- used: ${list(used)}
- granted and never used: ${list(unused)}
`;
const sections = (roles: readonly RoleUse[], account: string): string =>
  roles
    .filter(({ member }) => member === `serviceAccount:${account}`)
    .map(section)
    .join("\n");

export const renderPermissions = (stack: Stack, roles: readonly RoleUse[]): string => `# Permissions

What provisioning grants to the accounts of a stack, against what they use. Written by
\`packages/deploy-sdk/test/fault-table.test.ts\`: in a local cloud that records permissions, the deployer releases, rolls back and
reads status, history and logs of a stack with every kind of unit, and the containers run. A permission that one of them uses and no
role of its grants fails that test, and so does a role of which nothing is used without a reason here.

Google's predefined roles are the smallest that there are for the purpose; what they have beyond it is told for each. A private service
adds \`roles/run.invoker\` on it, and \`roles/iam.serviceAccountOpenIdTokenCreator\` of the deployer on itself:
[setting up](setup.md#3-provision).

## The deployer

${sections(roles, deployerAccount(stack))}
## The containers' account

The local cloud lets every container to the sockets that its specification names, and asks for no permission there: of
\`roles/cloudsql.client\` it sees no use.

${sections(roles, stack.runtimeAccount)}`;
