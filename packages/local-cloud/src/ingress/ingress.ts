// The front door of what is deployed: finds the service by the request's host, a revision by its share, an instance that is
// free, and passes the request through.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { AcquireError, type Lease } from "../run/request-queue.ts";
import { parseResource, shortName } from "../run/resource-names.ts";
import type { RunEngine } from "../run/run-engine.ts";
import { pickRevision } from "../run/traffic.ts";
import type { LogSource } from "../runtime/log-entry.ts";
import type { CloudContext, HostHandler } from "../server/types.ts";
import type { Forwarding } from "./forwarded-headers.ts";
import { createInvokerCheck } from "./invoker-check.ts";
import { type ProxyEnd, proxyRequest } from "./proxy-request.ts";
import { proxyUpgrade } from "./proxy-upgrade.ts";
import {
  brokenInstance,
  forbidden,
  noInstance,
  notFound,
  overloaded,
  type Refusal,
  refuseUpgrade,
  sendRefusal,
} from "./refusal.ts";
import { createRouteTable, type RouteTarget, type ServiceRoute } from "./route-table.ts";
import { createUpstreams } from "./upstreams.ts";

export type Ingress = HostHandler & {
  /** After a service's policy was changed. */
  readonly forgetPolicy: (service: string) => void;
  readonly setDomain: (domain: string, service: string | undefined) => void;
  readonly close: () => Promise<void>;
};

export type IngressOptions = {
  /** From 0 to 1. */
  readonly random?: () => number;
};

const maxAttempts = 20;
const retryMs = 25;

/** Kept by Google for itself: https://cloud.google.com/run/docs/known-issues#reserved_url_paths */
const isReservedPath = (path: string): boolean =>
  path.startsWith("/_ah/") || path === "/eventlog" || path === "/healthz" || path.startsWith("/healthz?");

const hostOf = (host = ""): string => {
  const colon = host.lastIndexOf(":");
  return (colon > host.lastIndexOf("]") ? host.slice(0, colon) : host).toLowerCase();
};

/** Absolute-form request lines (through a proxy) name the host in the line. */
const splitTarget = (request: IncomingMessage): { readonly host: string; readonly path: string } => {
  const url = request.url ?? "/";
  if (url.startsWith("/")) return { host: request.headers.host ?? "", path: url };
  const parsed = URL.parse(url);
  return parsed ? { host: parsed.host, path: `${parsed.pathname}${parsed.search}` } : { host: "", path: "/" };
};

type Admission =
  | { readonly route: ServiceRoute; readonly target: RouteTarget }
  | { readonly route?: ServiceRoute; readonly refusal: Refusal };

export function createIngress(
  engine: RunEngine,
  context: Pick<CloudContext, "allows">,
  options: IngressOptions = {},
): Ingress {
  const { random = Math.random } = options;
  const { fleet, state, runtime } = engine;
  const table = createRouteTable((name) => state.revisions.get(name));
  const invokers = createInvokerCheck(context.allows);
  const upstreams = createUpstreams();
  engine.onServiceChanged(table.setService);

  const admit = (request: IncomingMessage): Admission => {
    const { host, path } = splitTarget(request);
    request.url = path;
    const route = table.find(hostOf(host));
    if (route === undefined) return { refusal: notFound };
    if (isReservedPath(path))
      return {
        route,
        refusal: {
          ...notFound,
          reason: `The path ${JSON.stringify(path.slice(0, 100))} is reserved by Google and never reaches a container.`,
        },
      };
    if (!invokers.allows(route, request.headers)) return { route, refusal: forbidden };
    const target = route.targets.get(pickRevision(route.shares, random()) ?? "");
    return target
      ? { route, target }
      : { route, refusal: noInstance("The service has no revision that is ready to serve traffic.") };
  };

  const logOf = (route: ServiceRoute): LogSource => {
    const { project, location, id } = parseResource(route.service);
    const labels = { project_id: project, location, service_name: id, configuration_name: id, revision_name: "" };
    return { project, resource: { type: "cloud_run_revision", labels }, labels: {} };
  };
  const logRefusal = (request: IncomingMessage, route: ServiceRoute | undefined, { status, reason }: Refusal): void => {
    if (route === undefined || reason === undefined) return;
    const httpRequest = { requestMethod: request.method, requestUrl: request.url?.slice(0, 2000), status };
    const severity = status >= 500 ? "ERROR" : "WARNING";
    runtime.logs.append(logOf(route), "requests", { severity, textPayload: reason, httpRequest, labels: {} });
  };

  const refusalOf = (error: unknown, target: RouteTarget): Refusal => {
    if (!(error instanceof AcquireError)) return brokenInstance;
    const { failure } = error;
    if (failure.kind === "overloaded") return overloaded;
    const why = failure.kind === "start-failed" ? failure.failure.message : "The revision is not running.";
    return noInstance(`Revision '${shortName(target.revision)}' has no instance for the request. ${why}`);
  };

  const forwardingOf = (request: IncomingMessage): Forwarding => ({
    clientIp: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    host: request.headers.host ?? "",
  });

  const forward = (
    request: IncomingMessage,
    response: ServerResponse,
    target: RouteTarget,
    lease: Lease,
  ): Promise<ProxyEnd> =>
    new Promise((resolve) => {
      const onEnd = (end: ProxyEnd): void => {
        lease.release();
        resolve(end);
      };
      const pool = upstreams.of(lease);
      proxyRequest({ request, response, pool, forwarding: forwardingOf(request), timeoutMs: target.timeoutMs, onEnd });
    });

  /** Sends the request on, to another instance where the first turned out to be gone. Resolves with what is left to answer. */
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    target: RouteTarget,
  ): Promise<Refusal | undefined> => {
    for (let attempt = 0, resets = 0; attempt < maxAttempts; attempt++) {
      const lease = fleet.tryAcquire(target.revision) ?? (await waitForLease(target, response));
      const end = await forward(request, response, target, lease);
      if (end.kind === "over" || end.kind === "failed") return end.refusal;
      if (end.kind === "reset") resets += 1;
      if (resets > 1) return brokenInstance;
      // An instance that has just ended is known to have within moments.
      if (end.kind === "unreached") await delay(retryMs);
    }
    return brokenInstance;
  };

  /** For a request that has to wait: its client's leaving, or its time, takes it out of the queue. */
  const waitForLease = async (target: RouteTarget, stream: ServerResponse | Duplex): Promise<Lease> => {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error("the client has gone"));
    stream.once("close", leave);
    try {
      return await fleet.acquire(
        target.revision,
        AbortSignal.any([gone.signal, AbortSignal.timeout(target.timeoutMs)]),
      );
    } finally {
      stream.off("close", leave);
    }
  };

  return {
    claims: table.claims,
    handle: async (request, response) => {
      const admission = admit(request);
      if ("refusal" in admission) {
        logRefusal(request, admission.route, admission.refusal);
        return sendRefusal(response, admission.refusal);
      }
      const { route, target } = admission;
      const refusal = await serve(request, response, target).catch((error: unknown) => refusalOf(error, target));
      if (refusal === undefined) return;
      logRefusal(request, route, refusal);
      if (!response.headersSent) sendRefusal(response, refusal);
    },
    upgrade: (request, socket, head) => {
      const admission = admit(request);
      if ("refusal" in admission) return refuseUpgrade(socket, admission.refusal);
      const { target } = admission;
      socket.pause();
      waitForLease(target, socket).then(
        ({ address, release }) => {
          proxyUpgrade({
            request,
            socket,
            head,
            address,
            forwarding: forwardingOf(request),
            timeoutMs: target.timeoutMs,
            onEnd: release,
          });
        },
        (error: unknown) => refuseUpgrade(socket, refusalOf(error, target)),
      );
    },
    forgetPolicy: invokers.forget,
    setDomain: table.setDomain,
    close: upstreams.close,
  };
}
