// From what was written to what the program uses: every default is here.
import { ConfigError } from "./config-error.ts";
import { orderUnits } from "./order.ts";
import { mebibytes, seconds } from "./quantities.ts";
import type { Container, Database, Environment, Probe, Redis, Secret, Stack, Unit } from "./stack.ts";
import { templateReferences } from "./template.ts";
import type { WrittenContainer, WrittenEnvironment, WrittenStack } from "./written.ts";

export type ResolveOptions = {
  /** Overrides the loopback endpoint of an environment that has one, such as a test's; never makes a real one local. */
  readonly endpoint?: string | undefined;
};

export const environmentNames = (written: WrittenStack): readonly string[] => Object.keys(written.environments);

type Context = {
  readonly written: WrittenStack;
  readonly environment: Environment;
  readonly from: WrittenEnvironment;
  readonly database: Database | undefined;
  readonly runtimeAccount: string;
};

/**
 * One environment of a stack, with every default filled in.
 * @throws {ConfigError} `unknown-environment`, or `invalid-stack` where units wait for each other.
 */
export function resolveStack(written: WrittenStack, environmentName: string, options: ResolveOptions = {}): Stack {
  const from = Object.hasOwn(written.environments, environmentName) ? written.environments[environmentName] : undefined;
  if (!from) throw unknownEnvironment(written, environmentName);
  const environment = resolveEnvironment(written, environmentName, from, options);
  const database = written.database && resolveDatabase(written, environment);
  const runtimeAccount = `${written.name}-runtime@${environment.project}.iam.gserviceaccount.com`;
  const context: Context = { written, environment, from, database, runtimeAccount };
  const { units, issues } = orderUnits(withDefaultOrder(resolveUnits(context)));
  if (issues.length > 0) throw new ConfigError("invalid-stack", "stack.ts", "remove one of their `after`", issues);
  return {
    name: written.name,
    environment,
    registry: resolveRegistry(written, environment),
    runtimeAccount,
    units,
    secrets: resolveSecrets(context),
    database,
    redis: resolveRedis(written, from),
  };
}

const unknownEnvironment = (written: WrittenStack, name: string): ConfigError =>
  new ConfigError("unknown-environment", `environment "${name}"`, "set DEPLOY_ENV, -c or --env to one of them", [
    { path: "", message: `the stack has no such environment; it has: ${environmentNames(written).join(", ")}` },
  ]);

function resolveEnvironment(
  written: WrittenStack,
  name: string,
  from: WrittenEnvironment,
  options: ResolveOptions,
): Environment {
  const isProtected = from.protected ?? name === "production";
  return {
    name,
    project: from.project,
    region: from.region ?? written.region,
    endpoint: from.endpoint && (options.endpoint ?? from.endpoint),
    protected: isProtected,
    stateBucket: `${from.project}-deploy-state`,
    gate: resolveGate(from, isProtected),
  };
}

const resolveGate = ({ gate = {}, endpoint }: WrittenEnvironment, isProtected: boolean): Environment["gate"] => ({
  passes: gate.passes ?? 3,
  timeoutMs: 1000 * seconds(gate.timeout ?? "90s"),
  required: gate.required ?? isProtected,
  // A log takes seconds on its way through Google's, and none on loopback.
  watchMs: 1000 * seconds(gate.watch ?? (endpoint ? "2s" : "20s")),
});

function resolveRegistry(written: WrittenStack, { project, region }: Environment): Stack["registry"] {
  const host = `${region}-docker.pkg.dev`;
  const repository = written.repository ?? `${written.name}-backend`;
  return { host, repository, path: `${host}/${project}/${repository}` };
}

function resolveDatabase(written: WrittenStack, { project, region }: Environment): Database {
  const {
    version = "",
    cpu = 1,
    memoryMb = 3840,
    instance = `${written.name}-db`,
    name = "app",
    user = "app",
  } = written.database ?? {};
  return { instance, version, cpu, memoryMb, name, user, connectionName: `${project}:${region}:${instance}` };
}

function resolveRedis(written: WrittenStack, from: WrittenEnvironment): Redis | undefined {
  const redis = from.redis ?? written.redis;
  return redis && { kind: redis.kind, instance: redis.instance ?? `${written.name}-redis` };
}

function resolveSecrets({ written, from }: Context): readonly Secret[] {
  const external = (from.redis ?? written.redis)?.kind === "external";
  return Object.entries(written.secrets ?? {}).map(([name, secret]) => ({
    name,
    // An external Redis has its URL from its own console: nothing here can make it.
    source: secret.source === "redis" && external ? "given" : (secret.source ?? "given"),
    format: secret.format ?? "password",
    rotation: secret.rotation ?? "replace",
    optional: secret.optional ?? false,
  }));
}

function resolveContainer({ from, database, runtimeAccount }: Context, container: WrittenContainer): Container {
  return {
    image: container.image,
    command: container.command,
    args: container.args ?? [],
    env: { ...container.env, ...from.env },
    secrets: container.secrets ?? [],
    cpu: container.cpu ?? 1,
    memoryMb: mebibytes(container.memory ?? "512Mi"),
    cloudSql: database ? [database.connectionName] : [],
    serviceAccount: runtimeAccount,
  };
}

const startupDefaults = { periodS: 5, timeoutS: 2, failures: 24 };
const livenessDefaults = { periodS: 10, timeoutS: 2, failures: 3 };
type WrittenProbe = {
  path: string;
  period?: string | undefined;
  timeout?: string | undefined;
  failures?: number | undefined;
};
const resolveProbe = (probe: WrittenProbe | undefined, defaults: Omit<Probe, "path">): Probe | undefined =>
  probe && {
    path: probe.path,
    periodS: probe.period ? seconds(probe.period) : defaults.periodS,
    timeoutS: probe.timeout ? seconds(probe.timeout) : defaults.timeoutS,
    failures: probe.failures ?? defaults.failures,
  };

function resolveUnits(context: Context): readonly Unit[] {
  const { written } = context;
  return [
    ...Object.entries(written.images ?? {}).map(([name, image]) => resolveImage(written, context, name, image)),
    ...Object.entries(written.jobs ?? {}).map(
      ([name, job]): Unit => ({
        kind: "job",
        name,
        project: job.project,
        resource: job.name ?? `${written.name}-${name}`,
        after: [job.image, ...(job.after ?? [])],
        container: resolveContainer(context, job),
        timeoutS: seconds(job.timeout ?? "10m"),
      }),
    ),
    ...Object.entries(written.services ?? {}).map(([name, service]) => resolveService(context, name, service)),
    ...Object.entries(written.workers ?? {}).map(
      ([name, worker]): Unit => ({
        kind: "worker",
        name,
        project: worker.project,
        resource: worker.name ?? `${written.name}-${name}`,
        after: [worker.image, ...(worker.after ?? [])],
        container: resolveContainer(context, worker),
        as: worker.as ?? "worker-pool",
        instances: worker.instances ?? 1,
      }),
    ),
    ...Object.entries(written.sites ?? {}).map(([name, site]) => resolveSite(context, name, site)),
  ];
}

type Written<Group extends "images" | "services" | "sites"> = NonNullable<WrittenStack[Group]>[string];

function resolveImage(written: WrittenStack, { environment }: Context, name: string, image: Written<"images">): Unit {
  const base = { kind: "image", name, project: image.project, after: [] } as const;
  if (image.build === "none") return { ...base, build: "none", reference: image.reference };
  const repository = `${resolveRegistry(written, environment).path}/${image.name ?? name}`;
  if (image.build === "node") return { ...base, build: "node", entry: image.entry, repository };
  const { dockerfile = "Dockerfile", context = image.project, engine } = image;
  return { ...base, build: "dockerfile", dockerfile, context, engine, repository };
}

function resolveService(context: Context, name: string, service: Written<"services">): Unit {
  const { written, from } = context;
  const scaling = { ...service.scaling, ...from.scaling?.[name] };
  return {
    kind: "service",
    name,
    project: service.project,
    resource: service.name ?? `${written.name}-${name}`,
    after: [service.image, ...(service.after ?? [])],
    container: resolveContainer(context, service),
    public: service.public ?? false,
    concurrency: service.concurrency ?? 80,
    timeoutS: seconds(service.timeout ?? "300s"),
    min: scaling.min ?? 0,
    max: scaling.max ?? Math.max(10, scaling.min ?? 0),
    startup: resolveProbe(service.startup, startupDefaults),
    liveness: resolveProbe(service.liveness, livenessDefaults),
    health: service.health ?? "/api/health",
    healthDetailed: service.healthDetailed ?? "/api/health/detailed",
    domain: from.domains?.[name],
  };
}

function resolveSite({ from, environment }: Context, name: string, site: Written<"sites">): Unit {
  const bucket = from.buckets?.[name] ?? site.bucket ?? "";
  return {
    kind: "site",
    name,
    project: site.project,
    after: site.after ?? [],
    dist: `${site.project}/${site.dist ?? "dist"}`,
    bucket,
    url: siteUrl(bucket, from.domains?.[name], environment),
    config: site.config ?? {},
    headers: Object.entries(site.headers ?? {}).map(([glob, { cacheControl, contentType }]) => ({
      glob,
      ...(cacheControl !== undefined && { cacheControl }),
      ...(contentType !== undefined && { contentType }),
    })),
    gzip: site.gzip ?? true,
    keep: { releases: site.keep?.releases ?? 10, days: site.keep?.days ?? 30 },
    // What is cached is cached under the domain.
    purge: from.domains?.[name] === undefined ? undefined : site.purge,
  };
}

function siteUrl(bucket: string, domain: string | undefined, { endpoint }: Environment): string {
  if (domain) return `https://${domain}`;
  if (endpoint) return `http://${bucket}.localhost:${new URL(endpoint).port}`;
  return `https://storage.googleapis.com/${bucket}`;
}

const rank = { image: 0, job: 1, service: 2, worker: 2, site: 3 } as const satisfies Record<Unit["kind"], number>;

/** Images, then jobs (migrations), then services and workers, then sites; and what each unit names itself. */
function withDefaultOrder(units: readonly Unit[]): readonly Unit[] {
  return units.map((unit) => {
    const earlier = units.filter((other) => other.kind !== "image" && rank[other.kind] < rank[unit.kind]);
    const filled = unit.kind === "site" ? references(Object.values(unit.config), units) : [];
    return { ...unit, after: [...new Set([...unit.after, ...earlier.map(({ name }) => name), ...filled])] };
  });
}

const references = (texts: readonly string[], units: readonly Unit[]): readonly string[] =>
  texts.flatMap(templateReferences).flatMap((path) => {
    const [group, name] = path.split(".");
    return group === "services" && units.some((unit) => unit.kind === "service" && unit.name === name) && name
      ? [name]
      : [];
  });

/** What templates can be filled with before anything is deployed. `services.*.url` of a service without a domain is known only live. */
export function staticFacts({ environment, database, units }: Stack): Readonly<Record<string, string>> {
  return {
    project: environment.project,
    region: environment.region,
    "environment.name": environment.name,
    ...(database && {
      "database.connectionName": database.connectionName,
      "database.name": database.name,
      "database.user": database.user,
    }),
    ...Object.fromEntries(
      units.flatMap((unit): readonly (readonly [string, string])[] => {
        if (unit.kind === "site") return [[`sites.${unit.name}.url`, unit.url]];
        if (unit.kind !== "service" || !unit.domain) return [];
        return [
          [`services.${unit.name}.url`, `https://${unit.domain}`],
          [`services.${unit.name}.host`, unit.domain],
        ];
      }),
    ),
  };
}
