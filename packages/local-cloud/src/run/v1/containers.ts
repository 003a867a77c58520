// Pure. Containers, probes and volumes between Knative's form and the v2 API's.
import type { JsonObject } from "../../json/json-object.ts";
import type { Container, EnvVar, Probe, Volume } from "../model.ts";
import { compact, type Fields } from "./read-fields.ts";

/** Secrets of other projects go by an alias: annotation `run.googleapis.com/secrets`, `alias:projects/P/secrets/S,…`. */
export type SecretAliases = ReadonlyMap<string, string>;

export const parseSecretAliases = (annotation = ""): SecretAliases =>
  new Map(
    annotation.split(",").flatMap((entry) => {
      const [alias, secret] = entry.trim().split(/:(.*)/s);
      return alias && secret ? [[alias, secret] as const] : [];
    }),
  );

const parseEnv = (fields: Fields, aliases: SecretAliases): EnvVar => {
  fields.only("name", "value", "valueFrom");
  const name = fields.text("name") ?? "";
  const ref = fields.child("valueFrom")?.only("secretKeyRef").child("secretKeyRef")?.only("name", "key", "optional");
  if (ref === undefined) return { name, value: fields.text("value") ?? "" };
  const secret = ref.text("name") ?? "";
  return {
    name,
    valueSource: { secretKeyRef: { secret: aliases.get(secret) ?? secret, version: ref.text("key") ?? "latest" } },
  };
};

const parseProbe = (fields: Fields | undefined): Probe | undefined => {
  if (fields === undefined) return undefined;
  fields.only(
    "failureThreshold",
    "grpc",
    "httpGet",
    "initialDelaySeconds",
    "periodSeconds",
    "successThreshold",
    "tcpSocket",
    "timeoutSeconds",
  );
  const http = fields.child("httpGet")?.only("path", "port", "httpHeaders", "scheme");
  const headers = http
    ?.children("httpHeaders")
    ?.map((header) => ({ name: header.text("name") ?? "", value: header.text("value") ?? "" }));
  const tcp = fields.child("tcpSocket")?.only("port", "host");
  const grpc = fields.child("grpc");
  return compact({
    initialDelaySeconds: fields.number("initialDelaySeconds"),
    timeoutSeconds: fields.number("timeoutSeconds"),
    periodSeconds: fields.number("periodSeconds"),
    failureThreshold: fields.number("failureThreshold"),
    httpGet: http && compact({ path: http.text("path"), port: http.number("port"), httpHeaders: headers }),
    tcpSocket: tcp && compact({ port: tcp.number("port") }),
    grpc: grpc && {},
  }) as Probe;
};

const renderProbe = ({ httpGet, tcpSocket, ...times }: Probe): JsonObject => ({
  ...times,
  ...(httpGet && { httpGet }),
  ...(tcpSocket && { tcpSocket }),
});

export function parseContainer(fields: Fields, aliases: SecretAliases): Container {
  fields.only(
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "livenessProbe",
    "name",
    "ports",
    "readinessProbe",
    "resources",
    "startupProbe",
    "volumeMounts",
    "workingDir",
  );
  const resources = fields.child("resources")?.only("limits", "requests");
  const mounts = fields
    .children("volumeMounts")
    ?.map((mount) => mount.only("name", "mountPath", "readOnly"))
    .map((mount) => ({ name: mount.text("name") ?? "", mountPath: mount.text("mountPath") ?? "" }));
  const ports = fields
    .children("ports")
    ?.map((port) => port.only("name", "containerPort", "protocol"))
    .map((port) => compact({ name: port.text("name"), containerPort: port.number("containerPort") }));
  return compact({
    name: fields.text("name"),
    image: fields.text("image") ?? "",
    command: fields.texts("command"),
    args: fields.texts("args"),
    env: fields.children("env")?.map((entry) => parseEnv(entry, aliases)),
    resources: resources && { limits: resources.map("limits") },
    ports,
    volumeMounts: mounts,
    workingDir: fields.text("workingDir"),
    startupProbe: parseProbe(fields.child("startupProbe")),
    livenessProbe: parseProbe(fields.child("livenessProbe")),
    readinessProbe: parseProbe(fields.child("readinessProbe")),
  }) as Container;
}

const renderEnv = ({ name, value = "", valueSource }: EnvVar): JsonObject => {
  const ref = valueSource?.secretKeyRef;
  return ref
    ? { name, valueFrom: { secretKeyRef: { name: ref.secret, key: ref.version ?? "latest" } } }
    : { name, value };
};

/** @param sqlVolumes names of volumes that v1 has an annotation for */
export const renderContainer = (container: Container, sqlVolumes: readonly string[]): JsonObject => {
  const {
    name,
    image,
    command,
    args,
    env = [],
    resources,
    ports,
    volumeMounts = [],
    workingDir,
    startupProbe,
    livenessProbe,
  } = container;
  const mounts = volumeMounts.filter((mount) => !sqlVolumes.includes(mount.name));
  return compact({
    ...{ name, image, command, args, ports, workingDir },
    ...(env.length > 0 && { env: env.map(renderEnv) }),
    ...(resources?.limits && { resources: { limits: resources.limits } }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    ...(startupProbe && { startupProbe: renderProbe(startupProbe) }),
    ...(livenessProbe && { livenessProbe: renderProbe(livenessProbe) }),
  });
};

export function parseVolume(fields: Fields, aliases: SecretAliases): Volume {
  fields.only("name", "secret", "emptyDir", "csi", "nfs");
  const name = fields.text("name") ?? "";
  const secret = fields.child("secret")?.only("secretName", "items", "defaultMode", "optional");
  const empty = fields.child("emptyDir");
  if (secret !== undefined) {
    const secretName = secret.text("secretName") ?? "";
    const items = secret
      .children("items")
      ?.map((item) => compact({ path: item.text("path") ?? "", version: item.text("key"), mode: item.number("mode") }));
    return {
      name,
      secret: compact({
        secret: aliases.get(secretName) ?? secretName,
        items,
        defaultMode: secret.number("defaultMode"),
      }),
    } as Volume;
  }
  if (fields.child("csi")) return { name, gcs: {} };
  if (fields.child("nfs")) return { name, nfs: {} };
  return {
    name,
    emptyDir: compact({ medium: empty?.text("medium")?.toUpperCase(), sizeLimit: empty?.text("sizeLimit") }),
  } as Volume;
}

const renderVolume = ({ name, secret, emptyDir }: Volume): JsonObject => {
  if (secret === undefined)
    return { name, emptyDir: { medium: "Memory", ...(emptyDir?.sizeLimit && { sizeLimit: emptyDir.sizeLimit }) } };
  const items = secret.items?.map(({ path, version, mode }) => compact({ path, key: version, mode }));
  return { name, secret: compact({ secretName: secret.secret, items, defaultMode: secret.defaultMode }) };
};

export const sqlVolumeNames = (volumes: readonly Volume[] = []): readonly string[] =>
  volumes.filter(({ cloudSqlInstance }) => cloudSqlInstance).map(({ name }) => name);

export const renderVolumes = (volumes: readonly Volume[] = []): readonly JsonObject[] =>
  volumes.filter(({ cloudSqlInstance }) => !cloudSqlInstance).map(renderVolume);

const sqlVolume = "cloudsql";

/** v1 names Cloud SQL instances in an annotation; v2 has a volume and a mount for them. */
export function withCloudSql<
  Template extends { readonly containers: readonly Container[]; readonly volumes: readonly Volume[] },
>(template: Template, annotation: string | undefined): Template {
  const instances = (annotation ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (instances.length === 0) return template;
  const mount = { name: sqlVolume, mountPath: "/cloudsql" };
  return {
    ...template,
    containers: template.containers.map((container) => ({
      ...container,
      volumeMounts: [...(container.volumeMounts ?? []), mount],
    })),
    volumes: [...template.volumes, { name: sqlVolume, cloudSqlInstance: { instances } }],
  };
}

export const cloudSqlAnnotation = (volumes: readonly Volume[] = []): string | undefined =>
  volumes.flatMap(({ cloudSqlInstance }) => cloudSqlInstance?.instances ?? []).join(",") || undefined;
