// Redis by Google: https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances
import type { Redis } from "@slipway/config";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { SecretValue } from "../secret/secret-value.ts";
import type { Call } from "../target.ts";
import type { OperationWait, Rest } from "./rest.ts";

const instanceSchema = z.object({
  state: z.string().default("STATE_UNSPECIFIED"),
  host: z.string().default(""),
  port: z.number().default(6379),
  authEnabled: z.boolean().default(false),
  transitEncryptionMode: z.string().default("DISABLED"),
});
export type LiveRedis = z.infer<typeof instanceSchema>;

export type RedisPlace = { readonly project: string; readonly region: string };

const parentOf = ({ project, region }: RedisPlace): string => `/v1/projects/${project}/locations/${region}`;

export async function readRedis(
  rest: Rest,
  place: RedisPlace,
  { instance }: Redis,
  call: Call,
): Promise<LiveRedis | undefined> {
  const found = await rest.get("redis", `${parentOf(place)}/instances/${instance}`, call);
  return found === undefined ? undefined : instanceSchema.parse(found);
}

export const redisDeadlineMs = 20 * 60_000;
export const redisOperation: OperationWait = {
  api: "redis",
  pathOf: (name) => `/v1/${name}`,
  deadlineMs: redisDeadlineMs,
};

/** A queue's keys must never be evicted: BullMQ and Celery lose tasks otherwise. */
export const insertRedis = (rest: Rest, place: RedisPlace, { instance }: Redis, call: Call): Promise<unknown> =>
  rest.post(
    "redis",
    `${parentOf(place)}/instances?instanceId=${instance}`,
    {
      tier: "BASIC",
      memorySizeGb: 1,
      redisVersion: "REDIS_7_0",
      authEnabled: true,
      redisConfigs: { "maxmemory-policy": "noeviction" },
    },
    call,
  );

const authSchema = z.object({ authString: z.string() });

/** `redis://:password@host:port/0` of a running instance. */
export async function redisUrl(
  rest: Rest,
  place: RedisPlace,
  { instance }: Redis,
  { host, port, authEnabled, transitEncryptionMode }: LiveRedis,
  call: Call,
): Promise<SecretValue> {
  if (transitEncryptionMode !== "DISABLED")
    throw new DeployError("unimplemented", {
      subject: call.subject,
      message: `Redis instance ${instance} encrypts in transit, with a certificate of its own that containers would need`,
      hint: "set the address by hand: pnpm secret set, or use an instance without it",
    });
  const auth = authEnabled
    ? authSchema.parse(await rest.get("redis", `${parentOf(place)}/instances/${instance}/authString`, call)).authString
    : "";
  return new SecretValue(`redis://${auth && `:${encodeURIComponent(auth)}@`}${host}:${port}/0`);
}

/** A private address is reached through a VPC, and what is deployed here has no way into one. */
export const isPrivateAddress = (host: string): boolean =>
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host);
