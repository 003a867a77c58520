// Does a policy let a principal do this? Policies are inherited: from the project by all that it holds, from a bucket by
// its objects. https://cloud.google.com/iam/docs/resource-hierarchy-access-control
import { ANONYMOUS } from "../server/principal.ts";
import type { Authorizer, StoredPolicy } from "../server/types.ts";
import { roleGrants } from "./roles/role-table.ts";

/** The policy that counts on a resource, whether stored or a default; undefined: none. */
export type FindPolicy = (resource: string) => StoredPolicy | undefined;

export function createEvaluator(find: FindPolicy): Authorizer {
  return {
    allows: (principal, permission, resource) =>
      lineage(find, resource).some((policy) =>
        policy.bindings.some((binding) => binds(find, binding, principal) && roleGrants(binding.role, permission)),
      ),
  };
}

type Binding = StoredPolicy["bindings"][number];

/** A condition is not evaluated, so what it guards is not granted. */
const binds = (find: FindPolicy, { members, condition }: Binding, principal: string): boolean =>
  condition === undefined &&
  members.some((member) => isMember(principal, member) || isProjectMember(find, principal, member));

/** Groups are not known here: a `group:` holds nobody. https://cloud.google.com/iam/docs/principal-identifiers */
function isMember(principal: string, member: string): boolean {
  if (member === "allUsers") return true;
  if (principal === ANONYMOUS) return false;
  if (member === "allAuthenticatedUsers") return true;
  const [, kind, name = ""] = /^(user|serviceAccount|domain):(.+)$/.exec(member) ?? [];
  if (kind === "domain") return principal.toLowerCase().endsWith(`@${name.toLowerCase()}`);
  return kind !== undefined && principal.toLowerCase() === name.toLowerCase();
}

/** `projectEditor:p`: whoever has that basic role on the project. https://cloud.google.com/storage/docs/access-control/iam#convenience-values */
function isProjectMember(find: FindPolicy, principal: string, member: string): boolean {
  const [, basic = "", project = ""] = /^project(Owner|Editor|Viewer):(.+)$/.exec(member) ?? [];
  const bindings = project === "" ? [] : (find(`projects/${project}`)?.bindings ?? []);
  const role = `roles/${basic.toLowerCase()}`;
  return bindings.some((binding) => binding.role === role && binding.members.some((one) => isMember(principal, one)));
}

/** Policies of a resource and of everything above it. */
function lineage(find: FindPolicy, resource: string): readonly StoredPolicy[] {
  const found: StoredPolicy[] = [];
  const visited = new Set<string>();
  for (let at: string | undefined = resource; at !== undefined && at !== "" && !visited.has(at); ) {
    visited.add(at);
    const policy = find(at);
    if (policy) found.push(policy);
    at = policy?.parent ?? parentOf(at);
  }
  return found;
}

/** `projects/p/locations/l/repositories/r` → `projects/p/locations/l` → `projects/p`; `buckets/b/objects/o/p` → `buckets/b`. */
function parentOf(resource: string): string | undefined {
  const segments = resource.split("/");
  if (segments[0] === "buckets" && segments.length > 2) return segments.slice(0, 2).join("/");
  return segments.length > 2 ? segments.slice(0, -2).join("/") : undefined;
}
