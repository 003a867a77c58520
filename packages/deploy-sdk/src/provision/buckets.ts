// Buckets: what each should be, what it is, and the difference. Location and name cannot change; nothing is deleted.
import { isDeepStrictEqual } from "node:util";
import type { Stack } from "@slipway/config";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { Call } from "../target.ts";
import { siteBuckets } from "./grants.ts";
import type { Rest } from "./rest.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/buckets#resource-representations */
export type BucketSpec = {
  readonly name: string;
  readonly location: string;
  /** Anyone may be let in by IAM; else that is ruled out for good. */
  readonly open: boolean;
  /** Object that answers for a folder when the bucket is served as a website. */
  readonly mainPage: string | undefined;
  /** Objects under this prefix are removed by Cloud Storage itself when they are so old, and no others. */
  readonly expires?: { readonly prefix: string; readonly days: number };
};

/** What a release did, step by step, is of use while somebody looks into it; that it was released is in its record. */
const journal = { prefix: "journal/", days: 90 };

/**
 * The state bucket has no object versions: records are written once, under generation preconditions, and what is deleted by
 * mistake is kept by Cloud Storage's soft delete. Sites have no CORS rules: pages are read, not fetched from elsewhere.
 */
export const bucketsOf = (stack: Stack): readonly BucketSpec[] => [
  {
    name: stack.environment.stateBucket,
    location: stack.environment.region,
    open: false,
    mainPage: undefined,
    expires: journal,
  },
  ...siteBuckets(stack).map((name) => ({
    name,
    location: stack.environment.region,
    open: true,
    mainPage: "index.html",
  })),
];

const bucketSchema = z.object({
  location: z.string().default(""),
  metageneration: z.string(),
  iamConfiguration: z
    .object({
      uniformBucketLevelAccess: z.object({ enabled: z.boolean() }).default({ enabled: false }),
      publicAccessPrevention: z.string().default("inherited"),
    })
    .default({ uniformBucketLevelAccess: { enabled: false }, publicAccessPrevention: "inherited" }),
  website: z.object({ mainPageSuffix: z.string().optional() }).optional(),
  lifecycle: z
    .looseObject({
      rule: z
        .array(
          z.looseObject({
            action: z.looseObject({ type: z.string().default("") }),
            condition: z.looseObject({ matchesPrefix: z.array(z.string()).optional() }).default({}),
          }),
        )
        .default([]),
    })
    .default({ rule: [] }),
});
export type LiveBucket = z.infer<typeof bucketSchema>;

export async function readBucket(
  rest: Rest,
  { name }: Pick<BucketSpec, "name">,
  call: Call,
): Promise<LiveBucket | undefined> {
  const fields = "location,metageneration,iamConfiguration,website,lifecycle";
  try {
    const found = await rest.get("storage", `/storage/v1/b/${name}?fields=${fields}`, call);
    return found === undefined ? undefined : bucketSchema.parse(found);
  } catch (error) {
    if (!(error instanceof DeployError) || error.code !== "permission-denied") throw error;
    throw new DeployError("permission-denied", {
      subject: call.subject,
      message: `bucket ${name} exists, and these credentials may not see it: bucket names are global`,
      hint: "if it is another project's, choose another name in stack.ts; else ask for storage.buckets.get on it",
      cause: error,
    });
  }
}

const accessOf = ({ open }: BucketSpec) => ({
  uniformBucketLevelAccess: { enabled: true },
  publicAccessPrevention: open ? "inherited" : "enforced",
});

type Rule = LiveBucket["lifecycle"]["rule"][number];
const deletes = ({ action }: Rule): boolean => action.type === "Delete";
const expiryOf = ({ prefix, days }: NonNullable<BucketSpec["expires"]>): Rule => ({
  action: { type: "Delete" },
  condition: { age: days, matchesPrefix: [prefix] },
});

/** Rules of the bucket that delete what must stay: by another's hand, and so left to a person. */
export const strayRules = ({ expires }: BucketSpec, { lifecycle }: LiveBucket): readonly Rule[] =>
  lifecycle.rule.filter((rule) => {
    const { matchesPrefix = [] } = rule.condition;
    const harmless =
      expires && matchesPrefix.length > 0 && matchesPrefix.every((each) => each.startsWith(expires.prefix));
    return deletes(rule) && !harmless;
  });

/** Undefined: there is such a rule; how many days it says is whoever's choice. */
function missingExpiry({ expires }: BucketSpec, { lifecycle }: LiveBucket): Rule | undefined {
  if (!expires) return undefined;
  const has = lifecycle.rule.some(
    (rule) => deletes(rule) && rule.condition.matchesPrefix?.some((prefix) => prefix === expires.prefix),
  );
  return has ? undefined : expiryOf(expires);
}

export type BucketPatch = Readonly<Record<string, unknown>>;

/** What is not as it should be, as a patch and in words. Pure. */
export function differenceOf(
  spec: BucketSpec,
  live: LiveBucket,
): { readonly patch: BucketPatch; readonly details: readonly string[] } {
  const { uniformBucketLevelAccess, publicAccessPrevention } = live.iamConfiguration;
  const wanted = accessOf(spec);
  const prevents = publicAccessPrevention === "enforced";
  const details = [
    ...(uniformBucketLevelAccess.enabled ? [] : ["uniform access: off → on"]),
    ...(prevents === spec.open
      ? [`public access prevention: ${publicAccessPrevention} → ${wanted.publicAccessPrevention}`]
      : []),
  ];
  const page = live.website?.mainPageSuffix;
  const pageDiffers = spec.mainPage !== undefined && page !== spec.mainPage;
  const expiry = missingExpiry(spec, live);
  return {
    patch: {
      ...(details.length > 0 && { iamConfiguration: wanted }),
      ...(pageDiffers && { website: { mainPageSuffix: spec.mainPage } }),
      // Rules of others stay.
      ...(expiry && { lifecycle: { ...live.lifecycle, rule: [...live.lifecycle.rule, expiry] } }),
    },
    details: [
      ...details,
      ...(pageDiffers ? [`main page: ${page ?? "none"} → ${spec.mainPage}`] : []),
      ...(expiry && spec.expires ? [`${spec.expires.prefix} is removed after ${spec.expires.days} days`] : []),
    ],
  };
}

/** False: it is there already. */
export async function createBucket(rest: Rest, project: string, spec: BucketSpec, call: Call): Promise<boolean> {
  const { name, location, mainPage, expires } = spec;
  try {
    await rest.post(
      "storage",
      `/storage/v1/b?project=${project}`,
      {
        name,
        location,
        iamConfiguration: accessOf(spec),
        ...(mainPage !== undefined && { website: { mainPageSuffix: mainPage } }),
        ...(expires && { lifecycle: { rule: [expiryOf(expires)] } }),
      },
      call,
    );
    return true;
  } catch (error) {
    // Made by another run at the same time, if these credentials can see it; else somebody else's.
    const taken = error instanceof DeployError && (error.code === "conflict" || error.code === "already-exists");
    if (taken && (await readBucket(rest, spec, call))) return false;
    throw withHint(error, name, call);
  }
}

function withHint(error: unknown, name: string, { subject }: Call): unknown {
  if (!(error instanceof DeployError)) return error;
  if (error.code === "permission-denied" && name.includes("."))
    return new DeployError("permission-denied", {
      subject,
      message: `bucket ${name} is named as a domain, which only a verified owner of the domain can create`,
      hint: "verify the domain at https://search.google.com/search-console, and add the account that provisions as an owner",
      details: [error.message],
      cause: error,
    });
  return error;
}

/** Under the metageneration that the plan was made against. */
export async function patchBucket(
  rest: Rest,
  name: string,
  { patch, metageneration }: { readonly patch: BucketPatch; readonly metageneration: string },
  call: Call,
): Promise<void> {
  try {
    await rest.patch("storage", `/storage/v1/b/${name}?ifMetagenerationMatch=${metageneration}`, patch, call);
  } catch (error) {
    if (!(error instanceof DeployError) || error.code !== "precondition-failed") throw error;
    // The first answer may have been lost, and the patch that was sent again refused because of it.
    const live = await readBucket(rest, { name }, call);
    if (!live || !isPatched(live, patch)) throw error;
  }
}

const isPatched = (live: LiveBucket, patch: BucketPatch): boolean =>
  Object.entries(patch).every(([field, value]) => isDeepStrictEqual(live[field as keyof LiveBucket], value));
