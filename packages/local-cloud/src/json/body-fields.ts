// Fields of the bodies of methods that no client package has protos for: what is not named is refused where it asks for
// something. A method that is not here looks at its body itself.
import { type MessageSupport, undoneFields } from "../server/field-support.ts";
import { GoogleError } from "../server/google-error.ts";
import type { JsonObject } from "./json-object.ts";

const policy: Readonly<Record<string, string>> = {
  getIamPolicy: "options",
  setIamPolicy: "policy updateMask",
  testIamPermissions: "permissions",
};

const prefixed = (prefix: string, methods: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(methods).map(([method, fields]) => [`${prefix}.${method}`, fields]));

const database = "kind project instance etag selfLink name";

/** By the method's name. */
export const bodyFields: Readonly<Record<string, string>> = {
  ...prefixed("iam.projects.serviceAccounts", {
    ...{ create: "accountId serviceAccount", patch: "serviceAccount updateMask", enable: "", disable: "" },
    ...{ "keys.create": "privateKeyType keyAlgorithm", ...policy },
  }),
  ...prefixed("cloudresourcemanager.projects", policy),
  ...prefixed("serviceusage.services", {
    ...{ enable: "", batchEnable: "serviceIds", disable: "disableDependentServices checkIfServiceHasUsage" },
  }),
  ...prefixed("logging.entries", {
    list: "resourceNames projectIds filter orderBy pageSize pageToken",
    write: "logName resource labels entries partialSuccess dryRun",
  }),
  ...prefixed("sql", {
    "instances.restart": "",
    "databases.insert": `${database} charset collation`,
    "users.insert": `${database} host type password`,
    "users.update": `${database} host type password`,
  }),
};

/** @throws {GoogleError} UNIMPLEMENTED */
export function requireKnownFields(rpc: string, body: JsonObject): void {
  const done = bodyFields[rpc];
  const support: MessageSupport | undefined = done === undefined ? undefined : { done };
  const undone = support === undefined ? [] : undoneFields(support, body);
  if (undone.length > 0)
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have ${undone.join(", ")} in ${rpc}.`);
}
