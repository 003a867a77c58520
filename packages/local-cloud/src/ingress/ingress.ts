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
import { createInvokerCheck, type InvokerCheck } from "./invoker-check.ts";
import { maxMessageBytes } from "./message-size.ts";
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
  requestTooLarge,
  sendRefusal,
} from "./refusal.ts";
import { isReservedPath, splitTarget } from "./request-host.ts";
import { createRouteTable, type RouteTable, type RouteTarget, type ServiceRoute } from "./route-table.ts";
import { createUpstreams, type Upstreams } from "./upstreams.ts";

/** A request on its way to one service. */
type Passage = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: ServiceRoute;
  readonly target: RouteTarget;
};

type Admission =
  | { readonly route: ServiceRoute; readonly target: RouteTarget }
  | { readonly route?: ServiceRoute; readonly refusal: Refusal };

const maxAttempts = 20;
const retryMs = 25;

const forwardingOf = ({ headers, socket }: IncomingMessage): Forwarding => ({
  connection: headers.connection,
  clientIp: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
  host: headers.host ?? "",
});

const refusalOf = (error: unknown, { revision }: RouteTarget): Refusal => {
  if (!(error instanceof AcquireError)) return brokenInstance;
  const { failure } = error;
  if (failure.kind === "overloaded") return overloaded;
  const why = failure.kind === "start-failed" ? failure.failure.message : "The revision is not running.";
  return noInstance(`Revision '${shortName(revision)}' has no instance for the request. ${why}`);
};

const logSource = ({ service }: ServiceRoute): LogSource => {
  const { project, location, id } = parseResource(service);
  const labels = { project_id: project, location, service_name: id, configuration_name: id, revision_name: "" };
  return { project, resource: { type: "cloud_run_revision", labels }, labels: {} };
};

export class Ingress implements HostHandler {
  readonly #engine: RunEngine;
  readonly #table: RouteTable;
  readonly #invokers: InvokerCheck;
  readonly #upstreams: Upstreams = createUpstreams();
  readonly #random: () => number;

  /** @param random gives numbers from 0 to 1 */
  constructor(engine: RunEngine, { allows }: Pick<CloudContext, "allows">, random: () => number = Math.random) {
    this.#engine = engine;
    this.#table = createRouteTable((name) => engine.state.revisions.get(name));
    this.#invokers = createInvokerCheck(allows);
    this.#random = random;
    engine.onServiceChanged(this.#table.setService);
  }

  claims(host: string): boolean {
    return this.#table.claims(host);
  }

  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const admission = this.#admit(request);
    if ("refusal" in admission) {
      this.#logRefusal(request, admission.route, admission.refusal);
      return sendRefusal(response, admission.refusal);
    }
    const passage = { request, response, ...admission };
    const free = this.#engine.fleet.tryAcquire(passage.target.revision);
    if (free !== undefined) return this.#serve(passage, free);
    return this.#waitForLease(passage.target, response).then(
      (lease) => this.#serve(passage, lease),
      (error: unknown) => this.#refuse(passage, refusalOf(error, passage.target)),
    );
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const admission = this.#admit(request);
    if ("refusal" in admission) {
      refuseUpgrade(socket, admission.refusal);
      return;
    }
    const { target } = admission;
    socket.pause();
    this.#waitForLease(target, socket).then(
      ({ address, release: onEnd }) =>
        proxyUpgrade({
          ...{ request, socket, head, address, onEnd },
          forwarding: forwardingOf(request),
          timeoutMs: target.timeoutMs,
        }),
      (error: unknown) => refuseUpgrade(socket, refusalOf(error, target)),
    );
  }

  /** After a service's policy was changed. */
  forgetPolicy(service: string): void {
    this.#invokers.forget(service);
  }

  /** `<domain>.localhost` leads to the service of that full name; undefined: to none any more. */
  setDomain(domain: string, service: string | undefined): void {
    this.#table.setDomain(domain, service);
  }

  close(): void {
    this.#upstreams.close();
  }

  #admit(request: IncomingMessage): Admission {
    const { host, path } = splitTarget(request);
    request.url = path;
    const route = this.#table.find(host);
    if (route === undefined) return { refusal: notFound };
    if (isReservedPath(path))
      return {
        route,
        refusal: { ...notFound, reason: "Google keeps this path for itself: it never reaches a container." },
      };
    if (Number(request.headers["content-length"] ?? 0) > maxMessageBytes) return { route, refusal: requestTooLarge };
    if (!this.#invokers.allows(route, request.headers)) return { route, refusal: forbidden };
    const target = route.targets.get(pickRevision(route.shares, this.#random()) ?? "");
    return target
      ? { route, target }
      : { route, refusal: noInstance("The service has no revision that is ready to serve traffic.") };
  }

  #serve(passage: Passage, lease: Lease): void {
    this.#forward(passage, lease, (end) => {
      if (end.kind === "over" && end.refusal === undefined) return;
      this.#serveAgain(passage, end).then(
        (refusal) => refusal && this.#refuse(passage, refusal),
        (error: unknown) => this.#refuse(passage, refusalOf(error, passage.target)),
      );
    });
  }

  #forward({ request, response, target }: Passage, lease: Lease, onEnd: (end: ProxyEnd) => void): void {
    proxyRequest({
      ...{
        request,
        response,
        connection: this.#upstreams.of(lease),
        forwarding: forwardingOf(request),
        timeoutMs: target.timeoutMs,
      },
      onEnd: (end) => {
        lease.release();
        onEnd(end);
      },
    });
  }

  /** Sends the request on again, to another instance where the first turned out to be gone. */
  async #serveAgain(passage: Passage, first: ProxyEnd): Promise<Refusal | undefined> {
    const { response, target } = passage;
    let end = first;
    for (let attempt = 0, resets = 0; attempt < maxAttempts; attempt++) {
      if (end.kind === "over" || end.kind === "failed") return end.refusal;
      if (end.kind === "reset") resets += 1;
      if (resets > 1) return brokenInstance;
      // An instance that has just ended is known to have within moments.
      if (end.kind === "unreached") await delay(retryMs);
      const lease = this.#engine.fleet.tryAcquire(target.revision) ?? (await this.#waitForLease(target, response));
      end = await new Promise((resolve) => this.#forward(passage, lease, resolve));
    }
    return brokenInstance;
  }

  /** A client that leaves, or a request whose time is over, leaves the queue too. */
  async #waitForLease({ revision, timeoutMs }: RouteTarget, stream: ServerResponse | Duplex): Promise<Lease> {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error("the client has gone"));
    stream.once("close", leave);
    try {
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]);
      return await this.#engine.fleet.acquire(revision, signal);
    } finally {
      stream.off("close", leave);
    }
  }

  #refuse({ request, response, route }: Passage, refusal: Refusal): void {
    this.#logRefusal(request, route, refusal);
    if (!response.headersSent) sendRefusal(response, refusal);
  }

  #logRefusal(request: IncomingMessage, route: ServiceRoute | undefined, { status, reason }: Refusal): void {
    if (route === undefined || reason === undefined) return;
    const httpRequest = { requestMethod: request.method, requestUrl: request.url?.slice(0, 2000), status };
    const severity = status >= 500 ? "ERROR" : "WARNING";
    this.#engine.runtime.logs.append(logSource(route), "requests", {
      severity,
      textPayload: reason,
      httpRequest,
      labels: {},
    });
  }
}
