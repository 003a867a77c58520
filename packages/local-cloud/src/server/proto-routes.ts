// Routes of an API made from its client package's protos: what is handled gets a validated message, all else is 501.

import { createFieldTable, type FieldSupport, type FieldTable, ignoredFields } from "./field-support.ts";
import { notImplemented } from "./not-implemented.ts";
import type { MessageValue } from "./proto-json.ts";
import { readRequest } from "./proto-request.ts";
import { type HttpRule, type ProtoMethod, type ProtoSource, type ProtoTypes, readProtos } from "./proto-schema.ts";
import type { CloudRequest, CloudService, Route } from "./types.ts";

/** Gets the request's message in canonical JSON form; what it returns is the response's JSON. Throws GoogleError. */
export type ProtoHandler = (message: MessageValue, request: CloudRequest) => unknown;

/** A permission, asked on the project in the path, or on what `resource` says. */
export type ProtoPermission =
  | string
  | { readonly permission: string; readonly resource: NonNullable<Route["resource"]> };

export type ProtoServiceOptions = Omit<CloudService, "routes" | "protos"> &
  ProtoSource & {
    /** By full name: `google.cloud.run.v2.Services.GetService`. A name that the protos do not have throws. */
    readonly handlers: Readonly<Record<string, ProtoHandler>>;
    readonly permissions?: Readonly<Record<string, ProtoPermission>>;
    /** What is done with the fields of the requests; a message that a request is made of and that is not here throws. */
    readonly fields: FieldSupport;
    /**
     * HTTP rules in place of the protos' own. The mixins (`google.longrunning.Operations`, `google.iam.v1.IAMPolicy`) are
     * served only with rules given here, since each API has them at its own place.
     */
    readonly rules?: Readonly<Record<string, readonly HttpRule[]>>;
    /** Routes that the protos do not have. */
    readonly routes?: readonly Route[];
  };

const isMixin = (rpc: string): boolean => /^google\.(longrunning|iam\.v1|cloud\.location)\./.test(rpc);

const readVerbs = /\.(Get|List|Wait|Test|Access|Search|Fetch|Check|Query|Export)[A-Z]\w*$/;

const changesState = (rpc: string, rule: HttpRule): boolean => rule.method !== "GET" && !readVerbs.test(rpc);

const permissionOf = (permission: ProtoPermission | undefined): Pick<Route, "permission" | "resource"> => {
  if (permission === undefined) return {};
  return typeof permission === "string" ? { permission } : permission;
};

type Reading = { readonly types: ProtoTypes; readonly fields: FieldTable };

const createRoute = (
  { types, fields }: Reading,
  method: ProtoMethod,
  rule: HttpRule,
  handler: ProtoHandler,
  permission: ProtoPermission | undefined,
): Route => ({
  ...rule,
  rpc: method.rpc,
  write: changesState(method.rpc, rule),
  ...permissionOf(permission),
  handle: async (request) => {
    const message = await readRequest(types, fields, method, rule, request);
    return { status: 200, json: (await handler(message, request)) ?? {} };
  },
});

const refuseUnknownNames = (known: readonly ProtoMethod[], named: readonly string[]): void => {
  const unknown = named.filter((name) => !known.some(({ rpc }) => rpc === name));
  if (unknown.length > 0) throw new Error(`the protos have no ${unknown.join(", ")}`);
};

export const protoService = (options: ProtoServiceOptions): CloudService => {
  const {
    package: packageName,
    newer,
    handlers,
    fields: support,
    permissions = {},
    rules = {},
    routes: own = [],
    ...service
  } = options;
  const protos: ProtoSource = { package: packageName, ...(newer && { newer }) };
  const { methods, types } = readProtos(protos, (rpc) => handlers[rpc] !== undefined);
  refuseUnknownNames(methods, [...Object.keys(handlers), ...Object.keys(permissions), ...Object.keys(rules)]);
  const requests = methods.filter(({ rpc }) => handlers[rpc] !== undefined).map(({ requestType }) => requestType);
  const reading: Reading = { types, fields: createFieldTable(types, support, requests) };
  const routes = methods.flatMap((method) => {
    const { rpc } = method;
    const handler = handlers[rpc];
    const served = rules[rpc] ?? (isMixin(rpc) ? [] : method.rules);
    return served.map((rule) =>
      handler === undefined
        ? notImplemented({ ...rule, rpc })
        : createRoute(reading, method, rule, handler, permissions[rpc]),
    );
  });
  return { ...service, protos, ignoredFields: ignoredFields(support), routes: [...own, ...routes] };
};
