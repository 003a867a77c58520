// What the program uses: one environment's stack, with nothing optional that has a default.

export type ImageUnit = {
  readonly kind: "image";
  readonly name: string;
  readonly project: string;
  readonly after: readonly string[];
} & (
  | { readonly build: "node"; readonly entry: string; readonly repository: string }
  | {
      readonly build: "dockerfile";
      readonly dockerfile: string;
      readonly context: string;
      readonly engine: "docker" | "podman" | "buildah" | undefined;
      readonly repository: string;
    }
  | { readonly build: "none"; readonly reference: string }
);

export type Container = {
  /** Name of the image unit. */
  readonly image: string;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  /** May hold templates: see template.ts. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets, each given as the variable of the same name. */
  readonly secrets: readonly string[];
  readonly cpu: number;
  readonly memoryMb: number;
  /** Cloud SQL connection names (`P:R:I`), mounted under /cloudsql. */
  readonly cloudSql: readonly string[];
  /** Email of the account that the container runs as. */
  readonly serviceAccount: string;
};

export type Probe = {
  readonly path: string;
  readonly periodS: number;
  readonly timeoutS: number;
  readonly failures: number;
};

type UnitBase = { readonly name: string; readonly project: string; readonly after: readonly string[] };

export type JobUnit = UnitBase & {
  readonly kind: "job";
  readonly resource: string;
  readonly container: Container;
  readonly timeoutS: number;
};

export type ServiceUnit = UnitBase & {
  readonly kind: "service";
  readonly resource: string;
  readonly container: Container;
  readonly public: boolean;
  readonly concurrency: number;
  readonly timeoutS: number;
  readonly min: number;
  readonly max: number;
  readonly startup: Probe | undefined;
  readonly liveness: Probe | undefined;
  readonly health: string;
  readonly healthDetailed: string;
  /** Public host name, where the environment names one. */
  readonly domain: string | undefined;
};

export type WorkerUnit = UnitBase & {
  readonly kind: "worker";
  readonly resource: string;
  readonly container: Container;
  readonly as: "worker-pool" | "service";
  readonly instances: number;
};

export type SiteUnit = UnitBase & {
  readonly kind: "site";
  /** Relative to the workspace: `apps/dashboard-frontend/dist`. */
  readonly dist: string;
  readonly bucket: string;
  /** Public address without a trailing slash. */
  readonly url: string;
  /** May hold templates. */
  readonly config: Readonly<Record<string, string>>;
  readonly headers: readonly { readonly glob: string; readonly cacheControl?: string; readonly contentType?: string }[];
  readonly gzip: boolean;
  readonly keep: { readonly releases: number; readonly days: number };
  /** Cache to purge after a deploy; undefined where the environment names no domain for the site. */
  readonly purge: SitePurge | undefined;
};

export type SitePurge =
  | { readonly kind: "cloudflare"; readonly zone: string }
  | { readonly kind: "cloud-cdn"; readonly urlMap: string };

export type Unit = ImageUnit | JobUnit | ServiceUnit | WorkerUnit | SiteUnit;
export type UnitKind = Unit["kind"];

export type Secret = {
  readonly name: string;
  readonly source: "given" | "generated" | "database" | "redis";
  readonly format: "password" | "fernet";
  readonly rotation: "replace" | "overlap" | "never";
  readonly optional: boolean;
};

export type Database = {
  readonly instance: string;
  readonly version: string;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly name: string;
  readonly user: string;
  /** `project:region:instance` */
  readonly connectionName: string;
};

export type Redis = { readonly kind: "external" | "memorystore"; readonly instance: string };

export type Environment = {
  readonly name: string;
  readonly project: string;
  readonly region: string;
  /** Loopback base address of a cloud that speaks Google's APIs; undefined: Google's own. */
  readonly endpoint: string | undefined;
  readonly protected: boolean;
  readonly stateBucket: string;
  readonly gate: {
    /** Good answers in a row. */
    readonly passes: number;
    readonly timeoutMs: number;
    /** Nothing gets traffic that could not be asked how it is. */
    readonly required: boolean;
    /** How long a worker must live before its deploy is done. */
    readonly watchMs: number;
  };
};

export type Stack = {
  readonly name: string;
  readonly environment: Environment;
  /** `host/project/repository`, where images of this stack live. */
  readonly registry: { readonly host: string; readonly repository: string; readonly path: string };
  readonly runtimeAccount: string;
  /** Every unit, in an order in which they can be released: each after those it names. */
  readonly units: readonly Unit[];
  readonly secrets: readonly Secret[];
  readonly database: Database | undefined;
  readonly redis: Redis | undefined;
};
