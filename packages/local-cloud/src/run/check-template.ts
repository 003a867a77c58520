// Pure. What Cloud Run refuses in a template before anything is started, and what this cloud does not do yet.
import { GoogleError } from "../server/google-error.ts";
import { type FieldViolation, refuseViolations } from "../server/proto-json.ts";
import { checkResources, type TemplateKind } from "./check-resources.ts";
import type { Container, ContainerTemplate, Probe, RevisionTemplate, Volume } from "./model.ts";
import { parseDurationMs } from "./quantity.ts";

/** Of all three kinds; some of it only a service's has. */
type AnyTemplate = ContainerTemplate & Pick<RevisionTemplate, "executionEnvironment" | "maxInstanceRequestConcurrency">;

type Check = (container: Container, at: string, template: AnyTemplate) => readonly FieldViolation[];

const violation = (field: string, description: string): FieldViolation => ({
  field,
  description: `${field}: ${description}`,
});

/** https://cloud.google.com/run/docs/configuring/services/environment-variables#reserved */
const reservedNames: Readonly<Record<TemplateKind, readonly string[]>> = {
  service: ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"],
  job: [
    "CLOUD_RUN_JOB",
    "CLOUD_RUN_EXECUTION",
    "CLOUD_RUN_TASK_INDEX",
    "CLOUD_RUN_TASK_ATTEMPT",
    "CLOUD_RUN_TASK_COUNT",
  ],
  workerPool: ["CLOUD_RUN_WORKER_POOL", "CLOUD_RUN_WORKER_POOL_REVISION"],
};

const maxEnv = 1000;
const maxValueBytes = 32_768;

const checkEnv =
  (kind: TemplateKind): Check =>
  ({ env = [] }, at) => {
    const names = env.map(({ name }) => name);
    const reserved = names.filter((name) => reservedNames[kind].includes(name));
    const duplicates = names.filter((name, index) => names.indexOf(name) !== index);
    return [
      ...(env.length > maxEnv ? [violation(`${at}.env`, `at most ${maxEnv} variables are allowed`)] : []),
      ...(reserved.length > 0
        ? [
            violation(
              `${at}.env`,
              `The following reserved env names were provided: ${reserved.join(", ")}. These values are automatically set by the system.`,
            ),
          ]
        : []),
      ...duplicates.map((name) => violation(`${at}.env`, `${name} is set more than once`)),
      ...env.flatMap(({ name, value = "" }, index) => [
        ...(/^[^=\0]+$/.test(name) ? [] : [violation(`${at}.env[${index}].name`, "must not be empty, nor hold '='")]),
        ...(value.includes("\0") || Buffer.byteLength(value) > maxValueBytes
          ? [violation(`${at}.env[${index}].value`, `must be at most ${maxValueBytes} bytes, without NUL`)]
          : []),
      ]),
    ];
  };

const checkPorts: Check = ({ ports = [] }, at) => [
  ...(ports.length > 1 ? [violation(`${at}.ports`, "should contain 0 or 1 port (field: ports)")] : []),
  ...ports.flatMap(({ name = "http1", containerPort = 8080 }) => [
    ...(["http1", "h2c", ""].includes(name) ? [] : [violation(`${at}.ports[0].name`, 'must be "http1" or "h2c"')]),
    ...(containerPort > 0 && containerPort < 65_536
      ? []
      : [violation(`${at}.ports[0].container_port`, "must be a TCP port")]),
  ]),
];

const checkMounts: Check = ({ volumeMounts = [] }, at, { volumes = [] }) =>
  volumeMounts.flatMap(({ name, mountPath = "" }, index) => {
    const field = `${at}.volume_mounts[${index}]`;
    const volume = volumes.find((candidate) => candidate.name === name);
    if (volume === undefined)
      return [violation(`${field}.name`, `there is no volume ${JSON.stringify(name.slice(0, 100))}`)];
    if (volume.cloudSqlInstance) {
      return ["", "/cloudsql"].includes(mountPath)
        ? []
        : [violation(`${field}.mount_path`, "must be /cloudsql for Cloud SQL")];
    }
    const usable =
      mountPath.startsWith("/") &&
      mountPath !== "/" &&
      !mountPath.includes(":") &&
      !mountPath.split("/").includes("..");
    return usable ? [] : [violation(`${field}.mount_path`, "must be an absolute path, not the root, without ':'")];
  });

/** Startup may take four minutes at most: https://cloud.google.com/run/docs/configuring/healthchecks */
const checkProbe = (probe: Probe | undefined, at: string, maxPeriod: number): readonly FieldViolation[] => {
  if (probe === undefined) return [];
  const { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3, initialDelaySeconds = 0 } = probe;
  const within = (value: number, low: number, high: number): boolean => value >= low && value <= high;
  return [
    ...(within(periodSeconds, 1, maxPeriod)
      ? []
      : [violation(`${at}.period_seconds`, `must be between 1 and ${maxPeriod}`)]),
    ...(within(timeoutSeconds, 1, maxPeriod)
      ? []
      : [violation(`${at}.timeout_seconds`, `must be between 1 and ${maxPeriod}`)]),
    ...(timeoutSeconds <= periodSeconds ? [] : [violation(`${at}.timeout_seconds`, "must not exceed period_seconds")]),
    ...(within(initialDelaySeconds, 0, maxPeriod)
      ? []
      : [violation(`${at}.initial_delay_seconds`, `must be between 0 and ${maxPeriod}`)]),
    ...(failureThreshold >= 1 ? [] : [violation(`${at}.failure_threshold`, "must be at least 1")]),
  ];
};

const checkProbes: Check = ({ startupProbe, livenessProbe }, at) => {
  const { failureThreshold = 3, periodSeconds = 10 } = startupProbe ?? { failureThreshold: 1, periodSeconds: 240 };
  return [
    ...checkProbe(startupProbe, `${at}.startup_probe`, 240),
    ...checkProbe(livenessProbe, `${at}.liveness_probe`, 3600),
    ...(livenessProbe?.tcpSocket
      ? [
          violation(
            `${at}.liveness_probe.tcp_socket`,
            "a liveness probe asks by HTTP or gRPC; only startup may be by TCP",
          ),
        ]
      : []),
    ...(failureThreshold * periodSeconds > 240
      ? [
          violation(
            `${at}.startup_probe`,
            `failure_threshold * period_seconds must not exceed 240, got ${failureThreshold * periodSeconds}`,
          ),
        ]
      : []),
  ];
};

/** `SECRET` or `projects/P/secrets/SECRET`. */
const secretPattern = /^(projects\/[^/]+\/secrets\/)?[A-Za-z0-9_-]{1,255}$/;

const checkSecrets: Check = ({ env = [] }, at) =>
  env.flatMap(({ valueSource }, index) => {
    const secret = valueSource?.secretKeyRef?.secret;
    return valueSource === undefined || (secret !== undefined && secretPattern.test(secret))
      ? []
      : [violation(`${at}.env[${index}].value_source.secret_key_ref`, "must name a secret")];
  });

const isSafePath = (path: string): boolean =>
  path !== "" && !path.startsWith("/") && !path.split("/").includes("..") && !path.includes("\0");

const checkVolume = (volume: Volume, at: string): readonly FieldViolation[] => [
  ...(volume.secret && !secretPattern.test(volume.secret.secret)
    ? [violation(`${at}.secret.secret`, "must name a secret")]
    : []),
  ...(volume.secret?.items ?? []).flatMap(({ path }, index) =>
    isSafePath(path) ? [] : [violation(`${at}.secret.items[${index}].path`, "must be a relative path without '..'")],
  ),
  ...(volume.cloudSqlInstance?.instances ?? []).flatMap((instance, index) =>
    /^[a-z0-9.:-]+:[a-z0-9-]+:[a-z0-9-]+$/.test(instance)
      ? []
      : [violation(`${at}.cloud_sql_instance.instances[${index}]`, "must be PROJECT:REGION:INSTANCE")],
  ),
];

/** Asked for by name, and not there: said so instead of running something else. */
const refuseUnsupported = ({ containers = [], volumes = [] }: ContainerTemplate): void => {
  const missing = [
    ...(containers.length > 1 ? ["more than one container an instance (sidecars)"] : []),
    ...volumes.flatMap(({ nfs, gcs }) => [...(nfs ? ["NFS volumes"] : []), ...(gcs ? ["Cloud Storage volumes"] : [])]),
    ...containers.flatMap(({ startupProbe, livenessProbe, readinessProbe }) => [
      ...(startupProbe?.grpc || livenessProbe?.grpc ? ["gRPC probes"] : []),
      ...(readinessProbe ? ["readiness probes"] : []),
    ]),
    ...(containers.some(({ ports = [] }) => ports[0]?.name === "h2c") ? ["HTTP/2 to the container (h2c)"] : []),
    ...(containers.some(({ resources }) => resources?.limits?.["nvidia.com/gpu"]) ? ["GPUs"] : []),
  ];
  if (missing.length > 0)
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have ${missing.join(", ")}.`);
};

/**
 * @param at the template's place in the request: `service.template`
 * @throws {GoogleError} INVALID_ARGUMENT with every violation, or UNIMPLEMENTED
 */
export function checkTemplate(kind: TemplateKind, template: AnyTemplate, at: string): void {
  const { containers = [], volumes = [] } = template;
  const ofKind: Check = (container, place) => checkResources(kind, container, place, template);
  const checks: readonly Check[] = [checkEnv(kind), ofKind, checkPorts, checkMounts, checkProbes, checkSecrets];
  refuseViolations([
    ...(containers.length === 0 ? [violation(`${at}.containers`, "at least one container is required")] : []),
    ...containers.flatMap((container, index) => {
      const place = `${at}.containers[${index}]`;
      const image = container.image ? [] : [violation(`${place}.image`, "an image is required")];
      return [...image, ...checks.flatMap((check) => check(container, place, template))];
    }),
    ...volumes.flatMap((volume, index) => checkVolume(volume, `${at}.volumes[${index}]`)),
  ]);
  refuseUnsupported(template);
}

/** Timeout of a request (an hour at most) or of a task (a week). @throws {GoogleError} INVALID_ARGUMENT */
export function checkTimeout(timeout: string | undefined, at: string, maxSeconds: number): void {
  if (timeout === undefined) return;
  const ms = parseDurationMs(timeout);
  if (ms !== undefined && ms >= 1000 && ms <= maxSeconds * 1000) return;
  refuseViolations([violation(at, `must be between 1s and ${maxSeconds}s`)]);
}

const idPattern = /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/;

/** @param what `service_id` and its like. @throws {GoogleError} INVALID_ARGUMENT */
export function checkId(id: string, what: string): void {
  if (idPattern.test(id)) return;
  refuseViolations([
    violation(
      what,
      `must begin with a letter, end with a letter or digit, hold only lower-case letters, digits and dashes, and be shorter than 50 characters, got ${JSON.stringify(id.slice(0, 100))}`,
    ),
  ]);
}

/** @throws {GoogleError} INVALID_ARGUMENT */
export function checkRevisionName(revision: string, owner: string, at: string): void {
  if (revision.startsWith(`${owner}-`) && /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(revision)) return;
  refuseViolations([
    violation(
      at,
      `Revision name must be prefixed by the name of its service (${owner}-), in lower-case letters, digits and dashes, and be shorter than 64 characters.`,
    ),
  ]);
}
