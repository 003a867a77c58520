import type { Reply } from "./servers.ts";

type Check = {
  readonly status: string;
  readonly critical: boolean;
  readonly latencyMs: number;
  readonly output?: string;
};

const check = (id: string, { status, critical, latencyMs, output }: Check) => ({
  componentId: id,
  componentType: id === "database" || id === "redis" ? "datastore" : "component",
  status,
  critical,
  latency_ms: latencyMs,
  observedValue: latencyMs,
  observedUnit: "ms",
  time: new Date().toISOString(),
  ...(output && { output }),
});

const document = (status: string, checks: Readonly<Record<string, Check>>, more: object = {}) => ({
  status,
  version: "1.8.0",
  revision: "api-00042-xyz",
  commit: "9f2c41d07b6be1a4c2f05fd1b8a4b8f6b7d1c0aa",
  serviceId: "api",
  ...more,
  checks: Object.fromEntries(Object.entries(checks).map(([id, value]) => [`${id}:responseTime`, [check(id, value)]])),
});

const well: Readonly<Record<string, Check>> = {
  database: { status: "pass", critical: true, latencyMs: 3.8 },
  redis: { status: "pass", critical: false, latencyMs: 0.7 },
  worker: { status: "pass", critical: false, latencyMs: 41 },
};

export const operational = (more: object = {}): Reply => ({ body: document("pass", well, more) });

export const degraded = (more: object = {}): Reply => ({
  body: document(
    "warn",
    {
      ...well,
      worker: { status: "fail", critical: false, latencyMs: 2000, output: "no answer to a task within 2 s" },
    },
    more,
  ),
});

export const down = (more: object = {}): Reply => ({
  status: 503,
  body: document(
    "fail",
    {
      ...well,
      database: { status: "fail", critical: true, latencyMs: 1000, output: "connect ECONNREFUSED /cloudsql/p:r:i" },
    },
    more,
  ),
});
