// Pure. Instances of Memorystore for Redis as they are kept and shown.
// https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances
import { isObject, type JsonObject } from "../json/json-object.ts";
import { undoneFields } from "../server/field-support.ts";
import { GoogleError } from "../server/google-error.ts";
import { parseRedisConfigs } from "./redis-config.ts";
import { redisSupport } from "./redis-support.ts";

export type RedisInstance = {
  /** `projects/p/locations/l/instances/i` */
  readonly name: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tier: "BASIC" | "STANDARD_HA";
  readonly memorySizeGb: number;
  readonly authEnabled: boolean;
  /** `REDIS_7_0` */
  readonly redisVersion: string;
  readonly redisConfigs: Readonly<Record<string, string>>;
  readonly authorizedNetwork: string;
  readonly state: "CREATING" | "READY" | "UPDATING" | "DELETING" | "FAILED";
  readonly createTime: string;
  readonly host: string;
  readonly port: number;
  /** Is it an outer server that REDIS_URL names? Then its traffic may be encrypted. */
  readonly transitEncryption: boolean;
};

type Place = Pick<RedisInstance, "host" | "port" | "transitEncryption">;

const idPattern = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const regionPattern = /^[a-z]+-[a-z]+\d+$/;
const maxMemoryGb = 300;

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);

/** @param installed version that this machine has, where one is needed. */
export function parseNewInstance(
  parent: string,
  id: string,
  body: JsonObject,
  installed: string | undefined,
): Omit<RedisInstance, keyof Place | "createTime" | "state"> {
  if (!idPattern.test(id)) throw invalid(`Invalid instance id "${id.slice(0, 60)}".`);
  if (!regionPattern.test(parent.split("/")[3] ?? "")) throw invalid(`Invalid location in "${parent.slice(0, 200)}".`);
  refuseUnsupported(body);
  const { tier = "BASIC", authEnabled = false, displayName = "", labels, redisVersion } = body;
  if (tier !== "BASIC" && tier !== "STANDARD_HA") throw invalid("tier must be BASIC or STANDARD_HA.");
  if (typeof authEnabled !== "boolean") throw invalid("authEnabled must be true or false.");
  return {
    ...{ name: `${parent}/instances/${id}`, tier, authEnabled, displayName: String(displayName).slice(0, 80) },
    labels: parseLabels(labels),
    memorySizeGb: parseMemory(body["memorySizeGb"]),
    redisVersion: parseVersion(redisVersion, installed),
    redisConfigs: parseRedisConfigs(body["redisConfigs"]),
    authorizedNetwork: String(
      body["authorizedNetwork"] ?? `${parent.split("/").slice(0, 2).join("/")}/global/networks/default`,
    ),
  };
}

function refuseUnsupported(body: JsonObject): void {
  const undone = undoneFields(redisSupport, body);
  if (undone.length > 0)
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have instances with ${undone.join(", ")}.`);
  const { transitEncryptionMode: mode = "DISABLED" } = body;
  if (mode === "DISABLED" || mode === "TRANSIT_ENCRYPTION_MODE_UNSPECIFIED") return;
  throw new GoogleError("UNIMPLEMENTED", "The local cloud does not implement encryption in transit for Redis.");
}

function parseMemory(value: unknown): number {
  const size = Number(value);
  if (Number.isInteger(size) && size >= 1 && size <= maxMemoryGb) return size;
  throw invalid(`memorySizeGb must be a whole number from 1 to ${maxMemoryGb}.`);
}

function parseLabels(labels: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(labels) ? labels : {});
  if (entries.length > 64) throw invalid("An instance has at most 64 labels.");
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, 63), String(value).slice(0, 63)]));
}

const defaultVersion = "REDIS_7_0";

/** A newer server than asked for will do, an older one not. */
function parseVersion(asked: unknown, installed: string | undefined): string {
  const wanted = asked === undefined || asked === "" ? defaultVersion : String(asked);
  const [, major, minor = "0"] = /^REDIS_(\d)_(\d|X)$/.exec(wanted) ?? [];
  if (major === undefined) throw invalid(`Unknown redisVersion "${wanted.slice(0, 40)}".`);
  const [haveMajor = 0, haveMinor = 0] = (installed ?? "99.0").split(".").map(Number);
  const wantMinor = minor === "X" ? 0 : Number(minor);
  const enough = haveMajor > Number(major) || (haveMajor === Number(major) && haveMinor >= wantMinor);
  if (enough) return wanted;
  if (asked === undefined || asked === "") return `REDIS_${haveMajor}_${haveMajor >= 7 ? haveMinor : "X"}`;
  throw new GoogleError("FAILED_PRECONDITION", `${wanted} was asked for, but this machine has Redis ${installed}.`);
}

/** https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances/patch */
export function patchInstance(instance: RedisInstance, body: JsonObject, paths: readonly string[]): RedisInstance {
  if (paths.length === 0) throw invalid("updateMask is required.");
  return Object.assign({}, instance, ...paths.map((path) => patchField(path, body)));
}

function patchField(path: string, body: JsonObject): Partial<RedisInstance> {
  switch (path) {
    case "displayName":
    case "display_name":
      return { displayName: String(body["displayName"] ?? "").slice(0, 80) };
    case "labels":
      return { labels: parseLabels(body["labels"]) };
    case "memorySizeGb":
    case "memory_size_gb":
      return { memorySizeGb: parseMemory(body["memorySizeGb"]) };
    case "redisConfigs":
    case "redis_configs":
      return { redisConfigs: parseRedisConfigs(body["redisConfigs"]) };
    default:
      throw new GoogleError("UNIMPLEMENTED", `The local cloud does not update an instance's ${path.slice(0, 60)}.`);
  }
}

export function renderInstance(instance: RedisInstance): JsonObject {
  const { displayName, labels, redisConfigs, transitEncryption, state, host, port, ...rest } = instance;
  const location = instance.name.split("/")[3];
  return {
    ...rest,
    ...(displayName !== "" && { displayName }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(redisConfigs).length > 0 && { redisConfigs }),
    ...{ state, locationId: `${location}-a`, currentLocationId: `${location}-a`, connectMode: "DIRECT_PEERING" },
    // Google too tells them only once there is something to connect to.
    ...(state !== "CREATING" && { host, port }),
    transitEncryptionMode: transitEncryption ? "SERVER_AUTHENTICATION" : "DISABLED",
  };
}
