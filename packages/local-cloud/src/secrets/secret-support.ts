// What Secret Manager's fields come to here. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
import { policyFields } from "../iam/policy-fields.ts";
import { type FieldSupport, inPackage, type MessageSupport } from "../server/field-support.ts";

const list: MessageSupport = { done: "parent pageSize pageToken filter" };
const change: MessageSupport = { done: "name etag" };
const location = "payloads are kept in the data folder only";

export const secretSupport: FieldSupport = {
  ...inPackage("google.cloud.secretmanager.v1", {
    CreateSecretRequest: { done: "parent secretId secret" },
    UpdateSecretRequest: { done: "secret updateMask" },
    AddSecretVersionRequest: { done: "parent payload" },
    ...{ DeleteSecretRequest: change, DisableSecretVersionRequest: change },
    ...{ EnableSecretVersionRequest: change, DestroySecretVersionRequest: change },
    ...{ ListSecretsRequest: list, ListSecretVersionsRequest: list },
    Secret: { done: "name replication labels annotations versionAliases etag" },
    SecretPayload: { done: "data dataCrc32c" },
    Replication: { done: "automatic userManaged" },
    "Replication.Automatic": { done: "" },
    "Replication.UserManaged": { done: "replicas" },
    "Replication.UserManaged.Replica": { done: "", ignored: { location } },
  }),
  ...policyFields,
};
