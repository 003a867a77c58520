// From the names that callers use to what is kept. They hold a project's id or number; names in answers hold the number.
import { projectNumber } from "../resource-manager/project-number.ts";
import type { Projects } from "../resource-manager/projects.ts";
import { GoogleError } from "../server/google-error.ts";
import { parseSecretName, parseVersionName, type SecretName } from "./secret-name.ts";
import type { SecretRecord, SecretRecords, VersionRecord } from "./secret-records.ts";

export type FoundVersion = { readonly secret: SecretRecord; readonly version: VersionRecord };

export const secretResourceName = ({ project, id }: SecretRecord): string =>
  `projects/${projectNumber(project)}/secrets/${id}`;
export const versionResourceName = ({ secret, version }: FoundVersion): string =>
  `${secretResourceName(secret)}/versions/${version.number}`;

export type FindSecret = ReturnType<typeof createFindSecret>;

export function createFindSecret(records: SecretRecords, projects: Projects) {
  const resolve = (name: string): SecretName => {
    const { project, secret } = parseSecretName(name);
    return { project: projects.resolve(project).projectId, secret };
  };

  const find = (name: string): SecretRecord => {
    const { project, secret } = resolve(name);
    const found = records.find(project, secret);
    if (found) return found;
    throw new GoogleError("NOT_FOUND", `Secret [projects/${projectNumber(project)}/secrets/${secret}] not found.`);
  };

  /** `latest` is the newest version in any state. Aliases only where `withAliases`. */
  const findVersion = (name: string, withAliases: boolean): FoundVersion => {
    const asked = parseVersionName(name);
    const secret = find(name);
    const { versionAliases } = secret;
    const alias =
      withAliases && Object.hasOwn(versionAliases, asked.version) ? versionAliases[asked.version] : undefined;
    const number = asked.version === "latest" ? String(secret.lastVersion) : (alias ?? asked.version);
    const version = /^\d{1,9}$/.test(number) ? records.version(secret, Number(number)) : undefined;
    if (version) return { secret, version };
    const shown = `${secretResourceName(secret)}/versions/${asked.version}`;
    if (secret.lastVersion === 0) {
      throw new GoogleError("NOT_FOUND", `Secret [${secretResourceName(secret)}] not found or has no versions.`);
    }
    throw new GoogleError("NOT_FOUND", `Secret Version [${shown}] not found.`);
  };

  return { resolve, find, findVersion };
}
