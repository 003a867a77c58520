// IAM v1: service accounts, their keys and policies, and the predefined roles. Decides too what policies allow.
// https://cloud.google.com/iam/docs/reference/rest
import { isObject, type JsonObject } from "../json/json-object.ts";
import { type JsonHandler, jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { CloudContext, CloudRequest, CloudService, HttpMethod, Route } from "../server/types.ts";
import { type AccountKeys, createAccountKeys, renderKey } from "./account-keys.ts";
import { type AccountRecord, type Accounts, createAccounts, renderAccount } from "./accounts.ts";
import { createEvaluator } from "./evaluate.ts";
import { createPolicies, type Policies } from "./policies.ts";
import { renderPolicy, setPolicy, testPermissions } from "./policy-handlers.ts";
import type { Role } from "./roles/role.ts";
import { findRole, listRoles } from "./roles/role-table.ts";

export type Iam = {
  readonly service: CloudService;
  /** Policies of resources, for the services that own them. */
  readonly policies: Policies;
};

export function createIam(context: CloudContext, projects: Projects): Iam {
  const accounts = createAccounts(context.store);
  const keys = createAccountKeys(context.store, context.now);
  const policies = createPolicies(context.store, accounts.exists);
  return {
    policies,
    service: {
      api: "iam.googleapis.com",
      routes: [
        ...accountRoutes(accounts, projects, (account) => {
          keys.removeAll(account);
          policies.remove(`projects/${account.project}/serviceAccounts/${account.email}`);
        }),
        ...keyRoutes(accounts, keys),
        ...policyRoutes(context, accounts, policies),
        ...roleRoutes,
        ...refusedRoutes,
      ],
      authorizer: createEvaluator(policies.find),
    },
  };
}

const collection = "/v1/{name=projects/*}/serviceAccounts";
const single = "/v1/{name=projects/*/serviceAccounts/*}";
const rpc = (name: string): string => `iam.projects.serviceAccounts.${name}`;
const text = (value: unknown): string => String(value ?? "");

/** Policies are kept under the account's email, whichever way it was named. */
const resourceOf =
  (accounts: Accounts) =>
  ({ params }: CloudRequest): string => {
    const name = params["name"] ?? params["resource"] ?? "";
    try {
      const { project, email } = accounts.find(name);
      return `projects/${project}/serviceAccounts/${email}`;
    } catch (error) {
      if (error instanceof GoogleError) return name;
      throw error;
    }
  };

/** @param forget removes what else is kept of an account. */
function accountRoutes(
  accounts: Accounts,
  projects: Projects,
  forget: (account: AccountRecord) => void,
): readonly Route[] {
  const resource = resourceOf(accounts);
  const on = (method: HttpMethod, template: string, name: string, permission: string, handle: JsonHandler): Route =>
    jsonRoute({ method, template, rpc: rpc(name), permission: `iam.serviceAccounts.${permission}`, resource }, handle);
  const change = (change: (account: AccountRecord) => JsonObject): JsonHandler => {
    return ({ params }) => change(accounts.find(text(params["name"])));
  };
  const patch: JsonHandler = ({ params }, { serviceAccount, updateMask }) => {
    const paths = text(updateMask)
      .split(",")
      .filter(Boolean)
      .map((path) => (path === "display_name" ? "displayName" : path));
    const fields = isObject(serviceAccount) ? serviceAccount : {};
    return renderAccount(accounts.update(accounts.find(text(params["name"])), fields, paths));
  };
  return [
    on("POST", collection, "create", "create", ({ params }, { accountId, serviceAccount }) => {
      const { projectId } = projects.resolve(text(params["name"]).split("/")[1] ?? "");
      return renderAccount(accounts.create(projectId, text(accountId), isObject(serviceAccount) ? serviceAccount : {}));
    }),
    on("GET", collection, "list", "list", ({ params, query }) => {
      const { projectId } = projects.resolve(text(params["name"]).split("/")[1] ?? "");
      return page("accounts", accounts.list(projectId).map(renderAccount), query);
    }),
    on("GET", single, "get", "get", change(renderAccount)),
    on("PATCH", single, "patch", "update", patch),
    on(
      "DELETE",
      single,
      "delete",
      "delete",
      change((account) => {
        accounts.remove(account);
        forget(account);
        return {};
      }),
    ),
    on(
      "POST",
      `${single}:disable`,
      "disable",
      "disable",
      change((account) => {
        accounts.setDisabled(account, true);
        return {};
      }),
    ),
    on(
      "POST",
      `${single}:enable`,
      "enable",
      "enable",
      change((account) => {
        accounts.setDisabled(account, false);
        return {};
      }),
    ),
  ];
}

function page(field: string, items: readonly JsonObject[], query: URLSearchParams): JsonObject {
  const request = { pageSize: query.get("pageSize"), pageToken: query.get("pageToken") };
  const { items: found, nextPageToken } = takePage(items, ({ name }) => text(name), request, { size: 100, max: 1_000 });
  return { ...(found.length > 0 && { [field]: found }), ...(nextPageToken && { nextPageToken }) };
}

function keyRoutes(accounts: Accounts, keys: AccountKeys): readonly Route[] {
  const resource = resourceOf(accounts);
  const key = "/v1/{name=projects/*/serviceAccounts/*/keys/*}";
  const on = (method: HttpMethod, template: string, name: string, handle: JsonHandler): Route =>
    jsonRoute(
      { method, template, rpc: rpc(`keys.${name}`), permission: `iam.serviceAccountKeys.${name}`, resource },
      handle,
    );
  const keyOf = (name: string) => {
    const account = accounts.find(name);
    return { account, key: keys.find(account, name.split("/").at(-1) ?? "") };
  };
  return [
    on("POST", `${single}/keys`, "create", ({ params }, body) => {
      refuseKeyOptions(body);
      return keys.create(accounts.find(text(params["name"])));
    }),
    on("GET", `${single}/keys`, "list", ({ params }) => {
      const account = accounts.find(text(params["name"]));
      return { keys: keys.list(account).map((found) => renderKey(account, found)) };
    }),
    on("GET", key, "get", ({ params }) => {
      const { account, key } = keyOf(text(params["name"]));
      return renderKey(account, key);
    }),
    on("DELETE", key, "delete", ({ params }) => {
      keys.remove(keyOf(text(params["name"])).key);
      return {};
    }),
  ];
}

function refuseKeyOptions({ privateKeyType, keyAlgorithm }: JsonObject): void {
  const types = [undefined, "TYPE_UNSPECIFIED", "TYPE_GOOGLE_CREDENTIALS_FILE"];
  const algorithms = [undefined, "KEY_ALG_UNSPECIFIED", "KEY_ALG_RSA_2048"];
  if (types.includes(privateKeyType as string) && algorithms.includes(keyAlgorithm as string)) return;
  throw new GoogleError("UNIMPLEMENTED", "The local cloud makes RSA 2048 keys as credentials files only.");
}

function policyRoutes({ allows }: CloudContext, accounts: Accounts, policies: Policies): readonly Route[] {
  const resource = resourceOf(accounts);
  const template = "/v1/{resource=projects/*/serviceAccounts/*}";
  const existing = (request: CloudRequest): string => {
    accounts.find(text(request.params["resource"]));
    return resource(request);
  };
  const on = (name: string, write: boolean, handle: JsonHandler, permission?: string): Route =>
    jsonRoute(
      {
        ...{ method: "POST", template: `${template}:${name}`, rpc: rpc(name), write, resource },
        ...(permission !== undefined && { permission: `iam.serviceAccounts.${permission}` }),
      },
      handle,
    );
  return [
    on("getIamPolicy", false, (request) => renderPolicy(policies.get(existing(request))), "getIamPolicy"),
    on("setIamPolicy", true, (request, body) => setPolicy(policies, existing(request), body), "setIamPolicy"),
    on("testIamPermissions", false, (request, body) =>
      testPermissions(allows, request.principal, existing(request), body),
    ),
  ];
}

const renderRole = ({ name, title, permissions, reference }: Role, full: boolean): JsonObject => ({
  ...{ name, title, description: `See ${reference}`, stage: "GA" },
  ...(full && { includedPermissions: permissions }),
});

const roleRoutes: readonly Route[] = [
  jsonRoute({ method: "GET", template: "/v1/{name=roles/*}", rpc: "iam.roles.get" }, ({ params }) => {
    const role = findRole(text(params["name"]));
    if (role) return renderRole(role, true);
    throw new GoogleError("NOT_FOUND", `The local cloud does not know the role ${text(params["name"]).slice(0, 100)}.`);
  }),
  jsonRoute({ method: "GET", template: "/v1/roles", rpc: "iam.roles.list" }, ({ query }) => {
    const roles = listRoles().toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return page(
      "roles",
      roles.map((role) => renderRole(role, query.get("view") === "FULL")),
      query,
    );
  }),
];

const refusedRoutes: readonly Route[] = (
  [
    ["POST", `${single}:undelete`, rpc("undelete")],
    ["PUT", single, rpc("update")],
    ["POST", `${single}:signBlob`, rpc("signBlob")],
    ["POST", `${single}:signJwt`, rpc("signJwt")],
    ["POST", `${single}/keys:upload`, rpc("keys.upload")],
    ["POST", "/v1/{name=projects/*/serviceAccounts/*/keys/*}:disable", rpc("keys.disable")],
    ["POST", "/v1/{name=projects/*/serviceAccounts/*/keys/*}:enable", rpc("keys.enable")],
    ["POST", "/v1/roles:queryGrantableRoles", "iam.roles.queryGrantableRoles"],
    ["GET", "/v1/{parent=projects/*}/roles", "iam.projects.roles.list"],
    ["POST", "/v1/{parent=projects/*}/roles", "iam.projects.roles.create"],
    ["GET", "/v1/{name=projects/*/roles/*}", "iam.projects.roles.get"],
    ["PATCH", "/v1/{name=projects/*/roles/*}", "iam.projects.roles.patch"],
    ["DELETE", "/v1/{name=projects/*/roles/*}", "iam.projects.roles.delete"],
    [
      "GET",
      "/v1/{parent=projects/*/locations/*}/workloadIdentityPools",
      "iam.projects.locations.workloadIdentityPools.list",
    ],
    [
      "POST",
      "/v1/{parent=projects/*/locations/*}/workloadIdentityPools",
      "iam.projects.locations.workloadIdentityPools.create",
    ],
  ] as const
).map(([method, template, name]) => notImplemented({ method, template, rpc: name }));
