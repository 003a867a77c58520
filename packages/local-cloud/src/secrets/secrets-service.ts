// Secret Manager v1, from its protos.
import { join } from "node:path";
import { matchesFilter } from "../filter/match-filter.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import type { Policies } from "../iam/policies.ts";
import { renderPolicy, setPolicy, testPermissions } from "../iam/policy-handlers.ts";
import { isObject, type JsonObject } from "../json/json-object.ts";
import { takePage } from "../json/page.ts";
import type { Projects } from "../resource-manager/projects.ts";
import type { SecretSource } from "../runtime/secret-source.ts";
import { GoogleError } from "../server/google-error.ts";
import { type ProtoHandler, type ProtoPermission, protoService } from "../server/proto-routes.ts";
import type { CloudContext, CloudRequest, CloudService } from "../server/types.ts";
import { type FoundVersion, secretResourceName, versionResourceName } from "./find-secret.ts";
import { createSecretManager, newestFirstKey, type SecretManager } from "./secret-manager.ts";
import { createSecretRecords, type SecretRecord } from "./secret-records.ts";
import { secretSupport } from "./secret-support.ts";

export type Secrets = { readonly service: CloudService; readonly source: SecretSource };

type SecretsOptions = { readonly projects: Projects; readonly policies: Policies };

export function createSecrets(context: CloudContext, { projects, policies }: SecretsOptions): Secrets {
  const records = createSecretRecords(context.store, join(context.dataDir, "secrets"));
  const manager = createSecretManager(records, projects, context.now);
  const resource = (name: string): string => policyResource(manager, name);
  const handlers = { ...secretHandlers(manager, policies, resource), ...versionHandlers(manager) };
  return {
    service: protoService({
      api: "secretmanager.googleapis.com",
      package: "@google-cloud/secret-manager",
      fields: secretSupport,
      handlers: prefixed({ ...handlers, ...policyHandlers(context, manager, policies, resource) }),
      permissions: prefixed(permissionsOf((request) => resource(resourceParameter(request)))),
      start: async () => records.sweep(),
    }),
    source: {
      access: (project, secret, version, account) => {
        const name = `projects/${project}/secrets/${secret}/versions/${version}`;
        if (account !== undefined) requireAccessor(context, account, name, resource(name));
        const found = manager.access(name);
        return { version: String(found.version.number), payload: found.data };
      },
    },
  };
}

/** https://cloud.google.com/run/docs/configuring/services/secrets: the revision's account needs the role, not its deployer. */
function requireAccessor({ authorize }: CloudContext, account: string, name: string, resource: string): void {
  try {
    authorize(account, permissions.AccessSecretVersion, resource);
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error;
    throw new GoogleError(
      "PERMISSION_DENIED",
      `Permission denied on secret: ${name} for Revision service account ${account}. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`,
    );
  }
}

const prefixed = <Value>(byMethod: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    Object.entries(byMethod).map(([method, value]) => [
      `google.cloud.secretmanager.v1.SecretManagerService.${method}`,
      value,
    ]),
  );

const resourceParameter = ({ params }: CloudRequest): string =>
  params["name"] ?? params["secret.name"] ?? params["resource"] ?? params["parent"] ?? "";

/** `projects/p/secrets/s` with the project's id, under which policies are kept; of a version, its secret. */
function policyResource(manager: SecretManager, name: string): string {
  const secret = /\/secrets\/([^/]+)/.exec(name)?.[1];
  const project = `projects/${manager.projectOf(name)}`;
  return secret === undefined ? project : `${project}/secrets/${secret}`;
}

/** https://cloud.google.com/secret-manager/docs/access-control#permissions */
const permissions = {
  ListSecrets: "secretmanager.secrets.list",
  CreateSecret: "secretmanager.secrets.create",
  GetSecret: "secretmanager.secrets.get",
  UpdateSecret: "secretmanager.secrets.update",
  DeleteSecret: "secretmanager.secrets.delete",
  AddSecretVersion: "secretmanager.versions.add",
  ListSecretVersions: "secretmanager.versions.list",
  GetSecretVersion: "secretmanager.versions.get",
  AccessSecretVersion: "secretmanager.versions.access",
  DisableSecretVersion: "secretmanager.versions.disable",
  EnableSecretVersion: "secretmanager.versions.enable",
  DestroySecretVersion: "secretmanager.versions.destroy",
  GetIamPolicy: "secretmanager.secrets.getIamPolicy",
  SetIamPolicy: "secretmanager.secrets.setIamPolicy",
} as const;

const permissionsOf = (resource: (request: CloudRequest) => string): Readonly<Record<string, ProtoPermission>> =>
  Object.fromEntries(Object.entries(permissions).map(([method, permission]) => [method, { permission, resource }]));

type Handlers = Readonly<Record<string, ProtoHandler>>;
const text = (value: unknown): string => String(value ?? "");
const pages = { size: 25_000, max: 25_000 };

function secretHandlers(manager: SecretManager, policies: Policies, resource: (name: string) => string): Handlers {
  return {
    ListSecrets: (message) => {
      const all = manager.list(text(message["parent"]));
      return listAnswer(
        "secrets",
        all.map((secret) => ({ key: newestFirstKey(secret), item: renderSecret(secret) })),
        message,
      );
    },
    CreateSecret: ({ parent, secretId, secret }) =>
      renderSecret(manager.create(text(parent), text(secretId), isObject(secret) ? secret : {})),
    GetSecret: ({ name }) => renderSecret(manager.find(text(name))),
    // The name is an output-only field of the message: it counts in the path alone.
    UpdateSecret: ({ secret, updateMask }, { params }) => {
      const body = isObject(secret) ? secret : {};
      return renderSecret(
        manager.update(text(params["secret.name"]), body, text(updateMask).split(",").filter(Boolean)),
      );
    },
    DeleteSecret: ({ name, etag }) => {
      manager.remove(text(name), etag);
      policies.remove(resource(text(name)));
      return {};
    },
  };
}

function versionHandlers(manager: SecretManager): Handlers {
  return {
    AddSecretVersion: ({ parent, payload }) => {
      const { data, dataCrc32c }: JsonObject = isObject(payload) ? payload : {};
      const sent = dataCrc32c === undefined ? undefined : text(dataCrc32c);
      return renderVersion(manager.addVersion(text(parent), Buffer.from(text(data), "base64"), sent));
    },
    ListSecretVersions: (message) => {
      const secret = manager.find(text(message["parent"]));
      const all = manager.versions(secret).map((version) => ({
        key: String(version.number).padStart(9, "0"),
        item: renderVersion({ secret, version }),
      }));
      return listAnswer("versions", all, message);
    },
    GetSecretVersion: ({ name }) => renderVersion(manager.version(text(name))),
    AccessSecretVersion: ({ name }) => {
      const { secret, version, data } = manager.access(text(name));
      const payload = { data: data.toString("base64"), dataCrc32c: version.dataCrc32c };
      return { name: versionResourceName({ secret, version }), payload };
    },
    DisableSecretVersion: ({ name, etag }) => renderVersion(manager.setState(text(name), "DISABLED", etag)),
    EnableSecretVersion: ({ name, etag }) => renderVersion(manager.setState(text(name), "ENABLED", etag)),
    DestroySecretVersion: ({ name, etag }) => renderVersion(manager.setState(text(name), "DESTROYED", etag)),
  };
}

function policyHandlers(
  { allows }: CloudContext,
  manager: SecretManager,
  policies: Policies,
  resource: (name: string) => string,
): Handlers {
  const existing = (name: unknown): string => {
    manager.find(text(name));
    return resource(text(name));
  };
  return {
    GetIamPolicy: (message) => renderPolicy(policies.get(existing(message["resource"]))),
    SetIamPolicy: (message) => setPolicy(policies, existing(message["resource"]), message),
    TestIamPermissions: (message, { principal }) =>
      testPermissions(allows, principal, existing(message["resource"]), message),
  };
}

type Keyed = { readonly key: string; readonly item: JsonObject };

/** Newest first, which `key` orders; the total is 0 for a filtered list, as documented. */
function listAnswer(field: string, all: readonly Keyed[], message: JsonObject): JsonObject {
  const filter = parseFilter(text(message["filter"]));
  const found = all.filter(({ item }) => matchesFilter(filter, item));
  const { pageSize, pageToken } = message;
  const page = takePage(found, ({ key }) => key, { pageSize, pageToken }, pages);
  const items = page.items.map(({ item }) => item);
  return { [field]: items, nextPageToken: page.nextPageToken, totalSize: filter ? 0 : all.length };
}

const renderSecret = (secret: SecretRecord): JsonObject => ({
  name: secretResourceName(secret),
  replication: secret.replication,
  createTime: secret.createTime,
  etag: secret.etag,
  ...present("labels", secret.labels),
  ...present("annotations", secret.annotations),
  ...present("versionAliases", secret.versionAliases),
});

const present = (field: string, map: Readonly<Record<string, string>>): JsonObject =>
  Object.keys(map).length > 0 ? { [field]: map } : {};

const renderVersion = ({ secret, version }: FoundVersion): JsonObject => ({
  name: versionResourceName({ secret, version }),
  createTime: version.createTime,
  state: version.state,
  etag: version.etag,
  replicationStatus:
    "automatic" in secret.replication ? { automatic: {} } : { userManaged: secret.replication["userManaged"] },
  ...(version.destroyTime !== undefined && { destroyTime: version.destroyTime }),
  ...(version.clientSpecifiedPayloadChecksum && { clientSpecifiedPayloadChecksum: true }),
});
