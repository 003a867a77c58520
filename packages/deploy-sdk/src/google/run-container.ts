// Pure. Containers between our words and Cloud Run's JSON, in both directions. What Google fills in by itself (ports, a
// TCP startup probe, names) is left out when reading, so that what was written compares equal to what is read back.
import type { Probe } from "@slipway/config";
import type { ContainerSpec, SecretPin } from "../target.ts";
import type { ContainerJson, EnvVarJson, ProbeJson, WorkloadJson } from "./run-json.ts";

/** The name of a resource without its parents: `projects/p/…/revisions/r` → `r`. */
export const lastSegment = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `1`, `0.5` and `1000m`: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export const parseCpu = (quantity: string): number =>
  quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
export const formatCpu = (cpu: number): string => (Number.isInteger(cpu) ? String(cpu) : `${Math.round(cpu * 1000)}m`);

const bytesPerUnit: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};
/** Any memory quantity as MiB. */
export function parseMemoryMb(quantity: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  return (Number(digits) * (bytesPerUnit[unit] ?? Number.NaN)) / 1024 ** 2;
}

/** `300s` → 300 */
export const parseSeconds = (duration: string | undefined): number => Number.parseFloat(duration ?? "0");

const sqlVolume = "cloudsql";

/** Of a template, revision or task: its first container, and what belongs to it. */
export function readContainer({ containers, volumes, serviceAccount }: WorkloadJson): ContainerSpec {
  const container = containers?.[0] ?? {};
  const env = container.env ?? [];
  return {
    image: container.image ?? "",
    command: container.command ?? [],
    args: container.args ?? [],
    env: Object.fromEntries(
      env.filter(({ valueSource }) => !valueSource).map(({ name = "", value = "" }) => [name, value]),
    ),
    secrets: Object.fromEntries(env.flatMap(readSecret)),
    cpu: parseCpu(container.resources?.limits?.["cpu"] ?? "1"),
    memoryMb: parseMemoryMb(container.resources?.limits?.["memory"] ?? "512Mi"),
    cloudSql: (volumes ?? []).flatMap(({ cloudSqlInstance }) => cloudSqlInstance?.instances ?? []).toSorted(),
    serviceAccount: serviceAccount ?? "",
  };
}

function readSecret({ name = "", valueSource }: EnvVarJson): readonly (readonly [string, SecretPin])[] {
  const reference = valueSource?.secretKeyRef;
  if (!reference) return [];
  return [[name, { secret: lastSegment(reference.secret ?? ""), version: reference.version ?? "latest" }]];
}

export type Resources = {
  /** CPU only while a request is handled; undefined where there are no requests. */
  readonly cpuIdle: boolean | undefined;
};

/** The parts of a template or task that a container makes up. */
export function writeContainer(
  spec: ContainerSpec,
  { cpuIdle }: Resources,
): Required<Pick<WorkloadJson, "containers" | "volumes" | "serviceAccount">> {
  const container: ContainerJson = {
    image: spec.image,
    command: spec.command,
    args: spec.args,
    env: writeEnv(spec),
    resources: {
      limits: { cpu: formatCpu(spec.cpu), memory: `${spec.memoryMb}Mi` },
      ...(cpuIdle !== undefined && { cpuIdle, startupCpuBoost: true }),
    },
    ...(spec.cloudSql.length > 0 && { volumeMounts: [{ name: sqlVolume, mountPath: "/cloudsql" }] }),
  };
  return {
    containers: [container],
    volumes: spec.cloudSql.length > 0 ? [{ name: sqlVolume, cloudSqlInstance: { instances: spec.cloudSql } }] : [],
    serviceAccount: spec.serviceAccount,
  };
}

const writeEnv = ({ env, secrets }: ContainerSpec): readonly EnvVarJson[] => [
  ...Object.entries(env).map(([name, value]) => ({ name, value })),
  ...Object.entries(secrets).map(([name, { secret, version }]) => ({
    name,
    valueSource: { secretKeyRef: { secret, version } },
  })),
];

/** A TCP probe is what Google adds where none was asked for. */
export function readProbe(probe: ProbeJson | undefined): Probe | undefined {
  if (!probe?.httpGet) return undefined;
  return {
    path: probe.httpGet.path ?? "/",
    periodS: probe.periodSeconds ?? 10,
    timeoutS: probe.timeoutSeconds ?? 1,
    failures: probe.failureThreshold ?? 3,
  };
}

export const writeProbe = ({ path, periodS, timeoutS, failures }: Probe): ProbeJson => ({
  httpGet: { path },
  periodSeconds: periodS,
  timeoutSeconds: timeoutS,
  failureThreshold: failures,
});
