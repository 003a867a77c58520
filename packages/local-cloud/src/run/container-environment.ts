// What one instance's container is given: variables, secrets' values and mounts. Resolved anew for every instance, as on
// Google: `latest` means what is latest when the instance starts. Never logs a value.
import type { ContainerFile, ContainerMount } from "../runtime/container-driver.ts";
import type { SecretSource } from "../runtime/secret-source.ts";
import type { SqlSockets } from "../runtime/sql-sockets.ts";
import type { Container, ContainerTemplate, SecretVolume, Volume } from "./model.ts";
import { parseMemory } from "./quantity.ts";

export type EnvironmentSources = { readonly secrets: SecretSource; readonly sockets: SqlSockets };

export type ContainerEnvironment = {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
  /** What a person should know: for the log. */
  readonly warnings: readonly string[];
};

type SecretName = { readonly project: string; readonly secret: string };

/** `SECRET` of the same project, or `projects/P/secrets/SECRET`. */
const parseSecret = (text: string, project: string): SecretName => {
  const [, other, secret] = /^projects\/([^/]+)\/secrets\/([^/]+)$/.exec(text) ?? [];
  return { project: other ?? project, secret: secret ?? text };
};

/** What a container of this project and account reads. */
type Reader = { readonly secrets: SecretSource; readonly project: string; readonly account: string | undefined };

const access = ({ secrets, project, account }: Reader, name: string, version: string): Buffer => {
  const parsed = parseSecret(name, project);
  return secrets.access(parsed.project, parsed.secret, version || "latest", account).payload;
};

const secretFiles = (reader: Reader, volume: SecretVolume): readonly ContainerFile[] => {
  const { secret, items = [], defaultMode = 0o444 } = volume;
  const files = items.length > 0 ? items : [{ path: parseSecret(secret, reader.project).secret, version: "latest" }];
  return files.map(({ path, version = "latest", mode }: { path: string; version?: string; mode?: number }) => ({
    path,
    mode: (mode || defaultMode) & 0o555, // written by nobody, as on Google
    content: access(reader, secret, version),
  }));
};

const sqlMounts = (sockets: SqlSockets, instances: readonly string[]) =>
  instances.map((instance) => {
    const source = sockets.socketDir(instance);
    const target = `/cloudsql/${instance}`;
    return source === undefined
      ? { missing: instance, mount: { kind: "memory" as const, target } }
      : { mount: { kind: "folder" as const, source, target } };
  });

const volumeMounts = (
  volume: Volume,
  mountPath: string,
  sockets: SqlSockets,
  reader: Reader,
): Pick<ContainerEnvironment, "mounts" | "warnings"> => {
  if (volume.secret) {
    return {
      mounts: [{ kind: "files", target: mountPath, files: secretFiles(reader, volume.secret) }],
      warnings: [],
    };
  }
  if (volume.cloudSqlInstance) {
    const found = sqlMounts(sockets, volume.cloudSqlInstance.instances ?? []);
    return {
      mounts: found.map(({ mount }) => mount),
      warnings: found.flatMap(({ missing }) =>
        missing ? [`Cloud SQL instance "${missing}" does not exist: its socket will refuse connections.`] : [],
      ),
    };
  }
  const sizeBytes = parseMemory(volume.emptyDir?.sizeLimit ?? "");
  return { mounts: [{ kind: "memory", target: mountPath, ...(sizeBytes && { sizeBytes }) }], warnings: [] };
};

/** @throws {GoogleError} what Secret Manager says of a secret that cannot be read */
export function resolveEnvironment(
  container: Container,
  { volumes = [], serviceAccount }: ContainerTemplate,
  project: string,
  { secrets, sockets }: EnvironmentSources,
): ContainerEnvironment {
  const reader: Reader = { secrets, project, account: serviceAccount };
  const pairs = (container.env ?? []).map(({ name, value = "", valueSource }) => {
    const ref = valueSource?.secretKeyRef;
    return [name, ref ? access(reader, ref.secret, ref.version ?? "latest").toString("utf8") : value] as const;
  });
  const mounted = (container.volumeMounts ?? []).flatMap(({ name, mountPath = "" }) => {
    const volume = volumes.find((candidate) => candidate.name === name);
    return volume ? [volumeMounts(volume, mountPath, sockets, reader)] : [];
  });
  return {
    env: Object.fromEntries(pairs),
    mounts: mounted.flatMap(({ mounts }) => mounts),
    warnings: mounted.flatMap(({ warnings }) => warnings),
  };
}
