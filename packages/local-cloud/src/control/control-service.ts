// The cloud's own end of the wire: what it did so far, faults to order, and how to stop it. Served below `/_local/`,
// neither counted nor faulted itself.
import { permissionPage } from "../iam/permission-pages.ts";
import type { Authorization } from "../server/authorization.ts";
import type { Counters } from "../server/counters.ts";
import { parseFaultRule } from "../server/fault-rule.ts";
import type { Faults } from "../server/faults.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudRequest, CloudService, HttpMethod, Route } from "../server/types.ts";

export type ControlContext = {
  readonly dataDir: string;
  readonly port: () => number;
  readonly startedAt: Date;
  readonly now: () => Date;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly authorization: Authorization;
  readonly services: () => readonly CloudService[];
  /** Asked for by a client: called after the answer is on its way. */
  readonly requestStop: () => void;
};

const status = (context: ControlContext) => ({
  pid: process.pid,
  port: context.port(),
  dataDir: context.dataDir,
  iam: context.authorization.mode,
  startedAt: context.startedAt.toISOString(),
  uptimeMs: context.now().getTime() - context.startedAt.getTime(),
  memoryBytes: process.memoryUsage.rss(),
  apis: [...new Set(context.services().map(({ api }) => api))].sort(),
  counters: context.counters.report(),
});

/** What each route does, for the table of what the cloud can and what it refuses. */
const methods = (context: ControlContext) =>
  context.services().flatMap(({ api, routes }) =>
    routes.map(({ rpc, method, template, permission, refused = false }) => ({
      ...{ api, rpc, method, template, permission, refused },
      ...(permission !== undefined && { permissionPage: permissionPage(api, rpc) ?? "unverified" }),
    })),
  );

const ignored = (context: ControlContext) =>
  context.services().flatMap(({ api, ignoredFields = [] }) => ignoredFields.map((field) => ({ api, ...field })));

const requireRule = (removed: boolean, request: CloudRequest): void => {
  if (!removed) throw new GoogleError("NOT_FOUND", `No fault rule ${request.params["id"]}.`);
};

const requestStop = (context: ControlContext) => {
  setImmediate(context.requestStop);
  return {};
};

export const createControlService = (context: ControlContext): CloudService => {
  const { faults, counters, authorization } = context;
  const route = (
    method: HttpMethod,
    template: string,
    answer: (request: CloudRequest) => unknown | Promise<unknown>,
  ): Route => ({
    method,
    template,
    rpc: `local.${method} ${template}`,
    write: false,
    handle: async (request) => ({ status: 200, json: await answer(request) }),
  });
  return {
    api: "local",
    routes: [
      route("GET", "/_local/status", () => status(context)),
      route("POST", "/_local/stop", () => requestStop(context)),
      route("POST", "/_local/counters:reset", () => counters.reset() ?? {}),
      route("GET", "/_local/methods", () => ({ methods: methods(context), ignored: ignored(context) })),
      route("GET", "/_local/faults", () => ({ faults: faults.list() })),
      route("POST", "/_local/faults", async (request) => faults.add(parseFaultRule(await request.json()))),
      route("DELETE", "/_local/faults", () => faults.clear() ?? {}),
      route("DELETE", "/_local/faults/{id}", (request) => {
        requireRule(faults.remove(request.params["id"] ?? ""), request);
        return {};
      }),
      route("GET", "/_local/permissions", () => ({ mode: authorization.mode, uses: authorization.uses() })),
    ],
  };
};
