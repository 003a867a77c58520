// Which host leads to which service, and there to which revisions. Looked at for every request, so all of it is worked out
// when a service changes.
import type { Revision, Service } from "../run/model.ts";
import { parseResource, serviceHost, shortName } from "../run/resource-names.ts";
import { requestTimeoutMs } from "../run/service-kind.ts";
import { revisionShares, type WeightedRevision } from "../run/traffic.ts";

export type RouteTarget = {
  /** Full name. */
  readonly revision: string;
  readonly timeoutMs: number;
};

export type ServiceRoute = {
  /** Full name. */
  readonly service: string;
  readonly invokerIamDisabled: boolean;
  /** Revisions by short name. */
  readonly targets: ReadonlyMap<string, RouteTarget>;
  /** What a request is sent to: one revision for a tag's host, the shares of traffic for the service's own. */
  readonly shares: readonly WeightedRevision[];
};

export type RouteTable = {
  /** Is it a host of the ingress, also where nothing is deployed? */
  readonly claims: (host: string) => boolean;
  readonly find: (host: string) => ServiceRoute | undefined;
  readonly setService: (name: string, service: Service | undefined) => void;
  /** `<domain>.localhost` leads to that service; undefined: to none any more. */
  readonly setDomain: (domain: string, service: string | undefined) => void;
};

const suffix = ".run.localhost";

const hostRoutes = (
  service: Service,
  findRevision: (name: string) => Revision | undefined,
): ReadonlyMap<string, ServiceRoute> => {
  const name = parseResource(service.name);
  const targets = new Map<string, RouteTarget>();
  for (const { revision = "" } of service.trafficStatuses) {
    const full = `${service.name}/revisions/${shortName(revision)}`;
    targets.set(revision, { revision: full, timeoutMs: requestTimeoutMs(findRevision(full) ?? {}) });
  }
  const base = { service: service.name, invokerIamDisabled: service.invokerIamDisabled ?? false, targets };
  const tagged = service.trafficStatuses.flatMap(({ tag, revision = "" }) =>
    tag ? [[serviceHost(name, tag), { ...base, shares: [{ revision, percent: 100 }] }] as const] : [],
  );
  const own = [serviceHost(name), { ...base, shares: revisionShares(service.trafficStatuses) }] as const;
  return new Map([own, ...tagged]);
};

export function createRouteTable(findRevision: (name: string) => Revision | undefined): RouteTable {
  const routes = new Map<string, ServiceRoute>();
  const hostsOf = new Map<string, readonly string[]>();
  const ownRoutes = new Map<string, ServiceRoute>();
  const domains = new Map<string, string>();

  return {
    claims: (host) => host.endsWith(suffix) || domains.has(host),
    find: (host) => {
      const service = domains.get(host);
      return service === undefined ? routes.get(host) : ownRoutes.get(service);
    },
    setService: (name, service) => {
      for (const host of hostsOf.get(name) ?? []) routes.delete(host);
      hostsOf.delete(name);
      ownRoutes.delete(name);
      if (service === undefined) return;
      const found = hostRoutes(service, findRevision);
      const own = serviceHost(parseResource(name));
      const route = found.get(own);
      if (route !== undefined) ownRoutes.set(name, route);
      const hosts = [...found].filter(([host]) => host !== own || !service.defaultUriDisabled);
      for (const [host, one] of hosts) routes.set(host, one);
      hostsOf.set(
        name,
        hosts.map(([host]) => host),
      );
    },
    setDomain: (domain, service) => {
      const host = `${domain}.localhost`;
      if (service === undefined) domains.delete(host);
      else domains.set(host, service);
    },
  };
}
