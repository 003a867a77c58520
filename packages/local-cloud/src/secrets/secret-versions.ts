// Secret Manager's rules for versions. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions
import { crc32c } from "@node-rs/crc32";
import { GoogleError } from "../server/google-error.ts";
import { checkEtag, newEtag } from "./etag.ts";
import { type FindSecret, type FoundVersion, versionResourceName } from "./find-secret.ts";
import type { SecretRecord, SecretRecords, VersionRecord, VersionState } from "./secret-records.ts";

/** https://cloud.google.com/secret-manager/quotas */
const maxPayloadBytes = 65_536;

type Finders = Pick<FindSecret, "find" | "findVersion">;

export function createSecretVersions(records: SecretRecords, { find, findVersion }: Finders, now: () => Date) {
  const time = (): string => now().toISOString();

  const addVersion = (parent: string, data: Uint8Array, sentCrc32c: string | undefined): FoundVersion => {
    const secret = find(parent);
    if (data.length === 0) throw new GoogleError("INVALID_ARGUMENT", "Secret Payload cannot be empty.");
    if (data.length > maxPayloadBytes) {
      throw new GoogleError("INVALID_ARGUMENT", `Secret Payload cannot be larger than ${maxPayloadBytes} bytes.`);
    }
    const dataCrc32c = String(crc32c(data));
    if (sentCrc32c !== undefined && sentCrc32c !== dataCrc32c) {
      throw new GoogleError("INVALID_ARGUMENT", "The checksum of the payload does not match its data_crc32c.");
    }
    const draft = {
      ...{ number: secret.lastVersion + 1, state: "ENABLED" as const, createTime: time(), etag: newEtag() },
      ...{ dataCrc32c, clientSpecifiedPayloadChecksum: sentCrc32c !== undefined },
    };
    return { secret, version: records.addVersion(secret, draft, data) };
  };

  const access = (name: string): FoundVersion & { readonly data: Buffer } => {
    const { secret, version } = findVersion(name, true);
    if (version.state !== "ENABLED" || version.payload === undefined) throw inState({ secret, version });
    return { secret, version, data: records.readPayload(version.payload) };
  };

  /** A destroyed version stays destroyed; asking for the state that it has changes its etag only. */
  const setState = (name: string, state: VersionState, etag: unknown): FoundVersion => {
    const { secret, version } = findVersion(name, false);
    checkEtag(etag, version.etag);
    if (version.state === "DESTROYED") throw inState({ secret, version });
    const { payload, ...rest } = version;
    const changed = { ...rest, state, etag: newEtag() };
    if (state !== "DESTROYED") {
      const kept = { ...changed, ...(payload !== undefined && { payload }) };
      records.putVersion(secret, kept);
      return { secret, version: kept };
    }
    const destroyed = { ...changed, destroyTime: time() };
    records.destroyVersion(secret, version, destroyed);
    return { secret, version: destroyed };
  };

  return {
    ...{ addVersion, access, setState },
    version: (name: string): FoundVersion => findVersion(name, true),
    /** Newest first. */
    versions: (secret: SecretRecord): readonly VersionRecord[] => records.listVersions(secret).toReversed(),
  };
}

const inState = (found: FoundVersion): GoogleError =>
  new GoogleError(
    "FAILED_PRECONDITION",
    `Secret Version [${versionResourceName(found)}] is in ${found.version.state} state.`,
  );
