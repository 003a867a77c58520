// About one write a second to one object name, as Cloud Storage allows: https://cloud.google.com/storage/quotas#objects
import { invalidValue, isJsonObject } from "./json-value.ts";
import { StorageError } from "./storage-error.ts";

export type WriteRate = { readonly perSecond: number; readonly burst: number };

export type WriteLimit = {
  readonly rate: () => WriteRate | undefined;
  /** Undefined: no limit, as at first. */
  readonly setRate: (rate: WriteRate | undefined) => void;
  /** Throws 429 for a write too soon after those before it. */
  readonly admit: (bucket: string, name: string) => void;
};

/** Names that are remembered; older ones have long had their rest. */
const MAX_NAMES = 10_000;

type Allowance = { readonly tokens: number; readonly atMs: number };

export const createWriteLimit = (now: () => Date): WriteLimit => {
  let rate: WriteRate | undefined;
  const allowances = new Map<string, Allowance>();
  const refilled = (key: string, { perSecond, burst }: WriteRate): Allowance => {
    const atMs = now().getTime();
    const before = allowances.get(key) ?? { tokens: burst, atMs };
    return { tokens: Math.min(burst, before.tokens + ((atMs - before.atMs) / 1000) * perSecond), atMs };
  };
  const remember = (key: string, allowance: Allowance): void => {
    allowances.delete(key);
    const [oldest] = allowances.size >= MAX_NAMES ? allowances.keys() : [];
    if (oldest !== undefined) allowances.delete(oldest);
    allowances.set(key, allowance);
  };
  return {
    rate: () => rate,
    setRate: (given) => {
      rate = given;
      allowances.clear();
    },
    admit: (bucket, name) => {
      if (rate === undefined) return;
      const key = `${bucket}/${name}`;
      const { tokens, atMs } = refilled(key, rate);
      remember(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs });
      if (tokens >= 1) return;
      throw new StorageError(
        "rateLimitExceeded",
        `The object ${key} exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.`,
      );
    },
  };
};

/** `{"perSecond": 1, "burst": 5}`; `{}` ends the limit. */
export const parseWriteRate = (json: unknown): WriteRate | undefined => {
  if (!isJsonObject(json)) throw invalidValue("rate", "an object");
  const { perSecond, burst = 1 } = json;
  if (perSecond === undefined) return undefined;
  if (typeof perSecond !== "number" || !(perSecond > 0)) throw invalidValue("perSecond", "a number above 0");
  if (typeof burst !== "number" || !(burst >= 1)) throw invalidValue("burst", "a number of at least 1");
  return { perSecond, burst };
};
