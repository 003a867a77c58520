// The three methods that every resource with a policy has, the same for each of them.
import { isObject, type JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext, StoredPolicy } from "../server/types.ts";
import type { Policies } from "./policies.ts";

/** As the wire has it: without what only the store knows. */
export const renderPolicy = ({ version, etag, bindings }: StoredPolicy): JsonObject => ({
  version,
  etag,
  ...(bindings.length > 0 && { bindings }),
});

export const setPolicy = (policies: Policies, resource: string, body: JsonObject): JsonObject => {
  const { updateMask } = body;
  if (
    typeof updateMask === "string" &&
    updateMask.split(",").some((path) => !["bindings", "etag"].includes(path.trim()))
  ) {
    throw new GoogleError("UNIMPLEMENTED", `The local cloud has no field "${updateMask.slice(0, 100)}" in policies.`);
  }
  return renderPolicy(policies.set(resource, isObject(body["policy"]) ? body["policy"] : undefined));
};

/** Which of the permissions asked for the caller has. */
export function testPermissions(
  allows: CloudContext["allows"],
  principal: string,
  resource: string,
  body: JsonObject,
): JsonObject {
  const { permissions = [] } = body;
  if (!Array.isArray(permissions) || permissions.length > 100 || permissions.some((name) => typeof name !== "string")) {
    throw new GoogleError("INVALID_ARGUMENT", "permissions must be a list of at most 100 names.");
  }
  const held = permissions.filter((permission: string) => allows(principal, permission, resource));
  return held.length > 0 ? { permissions: held } : {};
}
