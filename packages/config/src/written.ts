// What a person writes in stack.ts. Every field is described once, here; defaults are in resolve.ts, and rules that
// span fields are in rules.ts.
import { z } from "zod";

const unitName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/, "must be lower-case letters, digits and dashes, starting with a letter");
const resourceName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/,
    "must be 1-49 lower-case letters, digits and dashes, starting with a letter",
  );
const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, "must be a Cloud Storage bucket name: 3-222 of a-z 0-9 . _ -");
const region = z.string().regex(/^[a-z]+-[a-z]+\d+$/, "must be a region such as asia-southeast1");
const memory = z.string().regex(/^[1-9]\d*(Mi|Gi)$/, 'must be a size such as "512Mi" or "2Gi"');
const duration = z.string().regex(/^[1-9]\d*(s|m)$/, 'must be a duration such as "30s" or "5m"');
const relativePath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, "must be a path inside the workspace, without a leading / or ..");
const httpPath = z.string().regex(/^\/[!-~]*$/, "must be a path that starts with /");
const domain = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, "must be a host name such as api.example.com");
const variables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable name"), z.string());

/** Command line of a container: `command` replaces the image's entry point, `args` follow it. */
const container = {
  image: unitName.describe("Name of the image under `images` that this unit runs."),
  command: z.array(z.string()).min(1).optional().describe("Replaces the image's entry point."),
  args: z.array(z.string()).optional().describe("Arguments after the entry point."),
  env: variables
    .optional()
    .describe(
      "Plain variables. `{services.api.url}`, `{sites.app.url}`, `{database.connectionName}` and the like are filled in.",
    ),
  secrets: z
    .array(z.string())
    .optional()
    .describe("Names under `secrets`, each given as the variable of the same name, pinned to a version when planned."),
  cpu: z.number().min(0.08).max(8).optional().describe("Virtual CPUs. Default 1."),
  memory: memory.optional().describe('Memory limit. Default "512Mi".'),
  after: z.array(unitName).optional().describe("Further units that must be done first."),
};

const project = relativePath.describe("Folder of the workspace project that holds this unit, such as `apps/backend`.");

const image = z.discriminatedUnion("build", [
  z.strictObject({
    build: z.literal("node").describe("Built here, without a container engine, from a Node project of this workspace."),
    project,
    entry: relativePath.describe("File, relative to the project, that the image runs: `src/main.ts`."),
    name: resourceName.optional().describe("Name in the registry. Default: the image's key."),
  }),
  z.strictObject({
    build: z.literal("dockerfile").describe("Built from a Dockerfile by docker, podman or buildah."),
    project,
    dockerfile: relativePath.optional().describe("Relative to the project. Default `Dockerfile`."),
    context: relativePath.optional().describe("Build context, relative to the workspace. Default: the project."),
    engine: z.enum(["docker", "podman", "buildah"]).optional().describe("Default: the first that works."),
    name: resourceName.optional(),
  }),
  z.strictObject({
    build: z.literal("none").describe("Exists already: nothing is built."),
    project,
    reference: z.string().min(1).describe("`host/path/name@sha256:…`, or with a tag, which is resolved to a digest."),
  }),
]);

const probe = z.strictObject({
  path: httpPath,
  period: duration.optional().describe("Default 5s for startup, 10s for liveness."),
  timeout: duration.optional().describe("Default 2s."),
  failures: z
    .number()
    .int()
    .min(1)
    .max(240)
    .optional()
    .describe("Failures in a row that count. Default 24 for startup, 3 for liveness."),
});

const service = z.strictObject({
  project,
  name: resourceName.optional().describe("Cloud Run's name. Default `<stack>-<key>`."),
  ...container,
  public: z.boolean().optional().describe("Anyone may call it. Default false."),
  concurrency: z.number().int().min(1).max(1000).optional().describe("Requests at once per instance. Default 80."),
  timeout: duration.optional().describe("Limit of one request. Default 300s."),
  scaling: z
    .strictObject({
      min: z.number().int().min(0).max(1000).optional(),
      max: z.number().int().min(1).max(1000).optional(),
    })
    .optional()
    .describe("Instances. Default 0 to 10."),
  startup: probe.optional().describe("Looks at the process, not at its dependencies."),
  liveness: probe.optional().describe("Looks at the process, not at its dependencies."),
  health: httpPath.optional().describe("Cheap health path that the gate asks. Default /api/health."),
  healthDetailed: httpPath.optional().describe("Health of each component. Default /api/health/detailed."),
});

const worker = z.strictObject({
  project,
  name: resourceName.optional(),
  ...container,
  as: z
    .enum(["worker-pool", "service"])
    .optional()
    .describe("A worker pool (default), or a service whose image carries an HTTP shim and that never scales to zero."),
  instances: z.number().int().min(1).max(100).optional().describe("Default 1."),
});

const job = z.strictObject({
  project,
  name: resourceName.optional(),
  ...container,
  timeout: duration.optional().describe("Limit of one execution. Default 10m."),
});

const purge = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("cloudflare").describe("The API token is the variable CLOUDFLARE_API_TOKEN of who deploys."),
    zone: z.string().regex(/^[0-9a-f]{32}$/, "must be a zone id: 32 hexadecimal digits"),
  }),
  z.strictObject({
    kind: z.literal("cloud-cdn"),
    urlMap: resourceName.describe("URL map of the load balancer, in the environment's project."),
  }),
]);

const site = z.strictObject({
  project,
  dist: relativePath.optional().describe("Folder with the built site, relative to the project. Default `dist`."),
  bucket: bucketName.optional().describe("Default: set for each environment."),
  config: variables.optional().describe("Written to /config.json by the deploy; templates as in `env`."),
  headers: z
    .record(z.string(), z.strictObject({ cacheControl: z.string().optional(), contentType: z.string().optional() }))
    .optional()
    .describe("Headers by glob, after the Vite preset; the last that matches wins."),
  gzip: z
    .boolean()
    .optional()
    .describe("Store compressible files gzipped where that makes them smaller. Default true."),
  keep: z
    .strictObject({ releases: z.number().int().min(1).optional(), days: z.number().int().min(0).optional() })
    .optional()
    .describe("What retention keeps: files of the last N releases (default 10) and of the last T days (default 30)."),
  purge: purge
    .optional()
    .describe("Cache in front of the site's domain, told of changed pages. Only where the environment names a domain."),
  after: z.array(unitName).optional(),
});

const secret = z.strictObject({
  source: z
    .enum(["given", "generated", "database", "redis"])
    .optional()
    .describe("given (default): put there by `pnpm secret set`; generated, database, redis: made by provisioning."),
  format: z.enum(["password", "fernet"]).optional().describe("What is generated. Default password."),
  rotation: z
    .enum(["replace", "overlap", "never"])
    .optional()
    .describe(
      "How it may change. Default replace; an encryption key is `never`, or `overlap` where the code reads both.",
    ),
  optional: z.boolean().optional().describe("Left out where it has no version. Default false."),
});

const database = z.strictObject({
  instance: resourceName.optional().describe("Cloud SQL instance. Default `<stack>-db`."),
  version: z.string().regex(/^POSTGRES_\d+$/, 'must be such as "POSTGRES_15"'),
  cpu: z.number().int().min(1).max(96).optional().describe("Default 1."),
  memoryMb: z.number().int().min(3840).optional().describe("Default 3840."),
  name: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .optional()
    .describe("Database. Default app."),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .optional()
    .describe("Default app."),
});

const redis = z.strictObject({
  kind: z
    .enum(["external", "memorystore"])
    .describe(
      "external: such as Upstash, whose URL is a given secret. memorystore: provisioned by Google's Redis API.",
    ),
  instance: resourceName.optional().describe("Memorystore instance. Default `<stack>-redis`."),
});

const environment = z.strictObject({
  project: z
    .string()
    .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "must be a project id: 6-30 lower-case letters, digits and dashes")
    .describe("Google Cloud project."),
  region: region.optional().describe("Default: the stack's."),
  endpoint: z
    .string()
    .regex(
      /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+$/,
      "must be a loopback address such as http://127.0.0.1:8790",
    )
    .optional()
    .describe(
      "A cloud that speaks Google's APIs on loopback. Left out: Google's own, with Application Default Credentials.",
    ),
  protected: z.boolean().optional().describe("Refuses a dirty tree. Default: false, true for `production`."),
  domains: z.record(z.string(), domain).optional().describe("Public host name of each service and site that has one."),
  buckets: z.record(z.string(), bucketName).optional().describe("Bucket of each site in this environment."),
  env: variables
    .optional()
    .describe("Variables for every container of this environment; they win over a container's own."),
  redis: redis.optional(),
  gate: z
    .strictObject({
      passes: z.number().int().min(1).optional().describe("Good answers in a row. Default 3."),
      timeout: duration.optional().describe("Within this time. Default 90s."),
      required: z
        .boolean()
        .optional()
        .describe("Nothing gets traffic that could not be asked how it is. Default: as `protected`."),
      watch: duration
        .optional()
        .describe("How long a worker must live before its deploy is done. Default 20s, and 2s on loopback."),
    })
    .optional()
    .describe("What a new revision must pass before and after it gets traffic."),
  scaling: z
    .record(
      z.string(),
      z.strictObject({ min: z.number().int().min(0).optional(), max: z.number().int().min(1).optional() }),
    )
    .optional()
    .describe("Instances by unit in this environment."),
});

export const writtenStackSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, "must be 1-20 lower-case letters, digits and dashes"),
  region,
  repository: resourceName.optional().describe("Artifact Registry repository. Default `<name>-backend`."),
  environments: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), environment),
  images: z.record(unitName, image).optional(),
  jobs: z.record(unitName, job).optional(),
  services: z.record(unitName, service).optional(),
  workers: z.record(unitName, worker).optional(),
  sites: z.record(unitName, site).optional(),
  secrets: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/), secret).optional(),
  database: database.optional(),
  redis: redis.optional(),
});

/** A stack as a person wrote it: optional fields have defaults that `resolveStack` fills in. */
export type WrittenStack = z.input<typeof writtenStackSchema>;
export type WrittenEnvironment = z.input<typeof environment>;
export type WrittenContainer = z.input<typeof job> | z.input<typeof service> | z.input<typeof worker>;
