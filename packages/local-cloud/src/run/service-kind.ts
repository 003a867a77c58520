// Pure but for the collection. What makes a service a service: traffic, autoscaling, addresses.
import type { Collection } from "../store/types.ts";
import type { PoolLimits } from "./instance-pool.ts";
import type { Revision, Service } from "./model.ts";
import { parseDurationMs } from "./quantity.ts";
import { parseResource, serviceUri } from "./resource-names.ts";
import type { RevisionedKind, RevisionShare } from "./revisioned-kind.ts";

const defaultConcurrency = 80;
const defaultMaxInstances = 100;

export const requestTimeoutMs = ({ timeout = "300s" }: Pick<Revision, "timeout">): number =>
  parseDurationMs(timeout) ?? 300_000;

/**
 * A revision's own minimum counts while something reaches it; the service's limits are divided by the shares.
 * https://cloud.google.com/run/docs/configuring/min-instances and max-instances
 */
export function serviceLimits(service: Service, revision: Revision, { percent, reachable }: RevisionShare): PoolLimits {
  const { scaling = {} } = service;
  const concurrency = revision.maxInstanceRequestConcurrency || defaultConcurrency;
  const part = (count: number): number => Math.ceil((count * percent) / 100);
  if (scaling.scalingMode === "MANUAL") {
    const count = part(scaling.manualInstanceCount ?? 0);
    // A revision that only a tag reaches still answers there.
    return { min: count, max: percent > 0 ? count : 1, concurrency };
  }
  const own = revision.scaling?.maxInstanceCount || defaultMaxInstances;
  const max = Math.max(1, Math.min(own, scaling.maxInstanceCount ? part(scaling.maxInstanceCount) : own));
  const min = reachable ? Math.max(revision.scaling?.minInstanceCount ?? 0, part(scaling.minInstanceCount ?? 0)) : 0;
  return { min: Math.min(min, max), max, concurrency };
}

export const serviceKind = (
  resources: Collection<Service>,
  port: () => number,
  onChanged: RevisionedKind<Service>["onChanged"],
): RevisionedKind<Service> => ({
  resources,
  type: "google.cloud.run.v2.Service",
  targets: ({ traffic }) => traffic,
  statuses: ({ trafficStatuses }) => trafficStatuses,
  withStatuses: (service, trafficStatuses) => ({ ...service, trafficStatuses }),
  uriOfTag: (name, tag) => serviceUri(name, port(), tag),
  limits: serviceLimits,
  skipsCheck: ({ template }) => template.healthCheckDisabled === true,
  drainMs: requestTimeoutMs,
  conditionTypes: ["RoutesReady", "ConfigurationsReady"],
  onChanged,
  refresh: (service) => {
    const name = parseResource(service.name);
    const uri = serviceUri(name, port());
    const trafficStatuses = service.trafficStatuses.map((status) =>
      status.tag ? { ...status, uri: serviceUri(name, port(), status.tag) } : status,
    );
    return { ...service, uri, urls: [uri], trafficStatuses };
  },
});
