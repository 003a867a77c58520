// A bucket as it goes over the wire: https://cloud.google.com/storage/docs/json_api/v1/buckets#resource
import { projectNumber } from "../resource-manager/project-number.ts";
import type { BucketRecord } from "./bucket-record.ts";
import { etagOf } from "./etag.ts";

/** https://cloud.google.com/storage/docs/locations */
const locationTypeOf = (location: string): string => {
  if (["US", "EU", "ASIA"].includes(location)) return "multi-region";
  return /^(ASIA1|EUR\d|NAM\d)$/.test(location) ? "dual-region" : "region";
};

export const bucketResource = (bucket: BucketRecord, origin: string): Readonly<Record<string, unknown>> => {
  const { name, project, generation, metageneration, timeCreated, updated, config } = bucket;
  const { uniformBucketLevelAccess, publicAccessPrevention } = config.iamConfiguration;
  return {
    kind: "storage#bucket",
    selfLink: `${origin}/storage/v1/b/${name}`,
    id: name,
    name,
    projectNumber: projectNumber(project),
    generation: String(generation),
    metageneration: String(metageneration),
    locationType: locationTypeOf(config.location),
    etag: etagOf(0, metageneration),
    timeCreated,
    updated,
    ...config,
    // `bucketPolicyOnly` is the former name, and older clients read it.
    iamConfiguration: { bucketPolicyOnly: uniformBucketLevelAccess, uniformBucketLevelAccess, publicAccessPrevention },
  };
};
