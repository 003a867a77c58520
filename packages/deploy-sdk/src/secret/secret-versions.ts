// Secret Manager: what there is by lean reads, what is new by Google's own client. Values are read in one place only.
import { randomUUID } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { gaxOptions } from "../google/clients.ts";
import type { GoogleTarget } from "../google/create-target.ts";
import type { Call } from "../target.ts";
import { SecretValue } from "./secret-value.ts";

export type SecretVersion = {
  /** A number, as text: never "latest". */
  readonly version: string;
  readonly state: "ENABLED" | "DISABLED" | "DESTROYED";
  /** ISO 8601. */
  readonly createdAt: string;
};

export type SecretPlace = { readonly project: string; readonly target: Pick<GoogleTarget, "google"> };

const versionsSchema = z.object({
  versions: z
    .array(
      z.object({
        name: z.string(),
        state: z.enum(["ENABLED", "DISABLED", "DESTROYED"]),
        createTime: z.string().default(""),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});

const pathOf = ({ project }: SecretPlace, secret: string): string => `/v1/projects/${project}/secrets/${secret}`;
const numberOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
const pageSize = 100;

/** Newest first, at most 100; undefined: there is no such secret. */
export async function readVersions(
  place: SecretPlace,
  secret: string,
  call: Call,
): Promise<readonly SecretVersion[] | undefined> {
  const response = await place.target.google.transport.request({
    api: "secretmanager",
    method: "GET",
    path: `${pathOf(place, secret)}/versions?pageSize=${pageSize}`,
    expect: [404],
    ...call,
  });
  if (response.status === 404) return undefined;
  const { versions } = versionsSchema.parse(await response.json());
  return versions.map(({ name, state, createTime }) => ({ version: numberOf(name), state, createdAt: createTime }));
}

/** Tells who has made a secret, where the answer to that is lost and the second try finds it there. */
const creatorKey = "slipway-creator";
const createdSchema = z.object({ annotations: z.record(z.string(), z.string()).default({}) });

/** True: it was made; false: it was there. Replicated by Google, as in the classic set-up. */
export async function createSecret(place: SecretPlace, secret: string, call: Call): Promise<boolean> {
  const { project, target } = place;
  const { clients } = target.google;
  const creator = randomUUID();
  const client = await clients.secretManager();
  try {
    await clients.call({ ...call, idempotent: true }, () =>
      client.createSecret(
        {
          parent: `projects/${project}`,
          secretId: secret,
          secret: { replication: { automatic: {} }, annotations: { [creatorKey]: creator } },
        },
        gaxOptions,
      ),
    );
    return true;
  } catch (error) {
    if (!(error instanceof DeployError) || error.code !== "already-exists") throw error;
    return (await creatorOf(place, secret, call)) === creator;
  }
}

async function creatorOf(place: SecretPlace, secret: string, call: Call): Promise<string | undefined> {
  const request = { api: "secretmanager", method: "GET", path: pathOf(place, secret), ...call } as const;
  const response = await place.target.google.transport.request(request);
  return createdSchema.parse(await response.json()).annotations[creatorKey];
}

/** Number of the version that now holds `value`. Not sent twice: a lost answer is reported, not doubled. */
export async function addVersion(
  { project, target }: SecretPlace,
  secret: string,
  value: SecretValue,
  call: Call,
): Promise<string> {
  const { clients } = target.google;
  const client = await clients.secretManager();
  const data = Buffer.from(value.reveal());
  const [version] = await clients.call(call, () =>
    client.addSecretVersion(
      { parent: `projects/${project}/secrets/${secret}`, payload: { data, dataCrc32c: crc32c(data) } },
      gaxOptions,
    ),
  );
  return numberOf(version.name ?? "");
}

const accessSchema = z.object({ payload: z.object({ data: z.base64(), dataCrc32c: z.string().optional() }) });

/**
 * The value of one version.
 * @throws {DeployError} `remote-failed` when it arrived damaged.
 */
export async function accessVersion(
  place: SecretPlace,
  secret: string,
  version: string,
  call: Call,
): Promise<SecretValue> {
  const response = await place.target.google.transport.request({
    api: "secretmanager",
    method: "GET",
    path: `${pathOf(place, secret)}/versions/${version}:access`,
    ...call,
  });
  const parsed = accessSchema.safeParse(await response.json());
  const data = parsed.success ? Buffer.from(parsed.data.payload.data, "base64") : undefined;
  const checksum = parsed.data?.payload.dataCrc32c;
  if (data && (checksum === undefined || checksum === String(crc32c(data))))
    return new SecretValue(data.toString("utf8"));
  throw new DeployError("remote-failed", {
    subject: call.subject,
    message: `version ${version} arrived damaged`,
    retryable: true,
  });
}
