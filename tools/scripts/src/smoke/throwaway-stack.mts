// A stack of its own name beside whatever else a project holds: the shipped one, made small. Pure.
import { defineStack, resolveStack, type Stack, type WrittenStack } from "@slipway/config";

export type ThrowawayOptions = {
  readonly written: WrittenStack;
  readonly project: string;
  readonly region: string;
  readonly suffix: string;
  /** Loopback address of the local cloud; undefined: Google's own. */
  readonly endpoint: string | undefined;
  /** Is there a Redis to give it? Without one the worker and Redis are left out. */
  readonly redis: boolean;
};

const without = <Value,>(record: Readonly<Record<string, Value>> | undefined, name: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== name));

/** The stack, and the same with one variable of the API changed. */
export function throwawayStack(options: ThrowawayOptions): { readonly stack: Stack; readonly changed: Stack } {
  const { written, project, region, suffix, endpoint, redis } = options;
  const name = `smoke-${suffix}`;
  const secretsOf = (names: readonly string[] | undefined): string[] =>
    (names ?? []).filter((secret) => redis || secret !== "REDIS_URL");
  const make = (extra: Record<string, string>): Stack => {
    const small = defineStack({
      name,
      region,
      environments: { smoke: { project, ...(endpoint && { endpoint }) } },
      images: written.images ?? {},
      jobs: mapValues(written.jobs, (job) => ({ ...job, secrets: secretsOf(job.secrets) })),
      services: mapValues(written.services, (service) => ({
        ...service,
        env: { ...service.env, ...extra },
        secrets: secretsOf(service.secrets),
        scaling: { min: 0, max: 1 },
      })),
      workers: redis ? (written.workers ?? {}) : {},
      sites: mapValues(written.sites, (site) => ({ ...site, bucket: `${project}-${name}` })),
      secrets: redis ? (written.secrets ?? {}) : without(written.secrets, "REDIS_URL"),
      ...(written.database && { database: { version: written.database.version } }),
      ...(redis && { redis: { kind: "external" as const } }),
    });
    return resolveStack(small, "smoke");
  };
  return { stack: make({}), changed: make({ SMOKE_CHANGE: "1" }) };
}

const mapValues = <Value, Mapped>(
  record: Readonly<Record<string, Value>> | undefined,
  map: (value: Value) => Mapped,
): Record<string, Mapped> => Object.fromEntries(Object.entries(record ?? {}).map(([key, value]) => [key, map(value)]));
