// Cloud Storage: the JSON API, public links, websites. https://cloud.google.com/storage/docs/json_api
import { join } from "node:path";
import type { CloudContext, CloudService, Route } from "../server/types.ts";
import { batchRoutes } from "./batch-routes.ts";
import { bucketRoutes } from "./bucket-routes.ts";
import { createBucketStore } from "./bucket-store.ts";
import { copyRoutes } from "./copy-routes.ts";
import { ignoredParameters } from "./ignored-parameters.ts";
import { objectRoutes } from "./object-routes.ts";
import { createObjectStore } from "./object-store.ts";
import { policyRoutes } from "./policy-routes.ts";
import { refusedRoutes } from "./refused-routes.ts";
import { createResumableUploads } from "./resumable.ts";
import type { StorageContext } from "./storage-context.ts";
import { renderStorageError } from "./storage-error.ts";
import { uploadRoutes } from "./upload-routes.ts";
import { createWebsiteHandler } from "./website.ts";
import { createWriteLimit, parseWriteRate, type WriteLimit } from "./write-limit.ts";
import { createXmlService } from "./xml-routes.ts";

/** https://cloud.google.com/storage/docs/resumable-uploads#session-uris: an upload's address is good for a week. */
const UPLOAD_LIFETIME_MS = 7 * 86_400_000;
const PURGE_INTERVAL_MS = 3_600_000;

/** Part of the cloud's control: `GET` and `PUT /_local/storage/write-limit`. */
const writeLimitRoutes = (limit: WriteLimit): readonly Route[] => {
  const template = "/_local/storage/write-limit";
  const answer = () => ({ status: 200, json: limit.rate() ?? {} });
  return [
    { method: "GET", template, rpc: "local.getWriteLimit", write: false, handle: answer },
    {
      ...{ method: "PUT", template, rpc: "local.setWriteLimit", write: false },
      handle: async (request) => {
        limit.setRate(parseWriteRate(await request.json()));
        return answer();
      },
    },
  ];
};

/** Ends soft deletions and uploads whose time is over. */
const removeExpired = ({ buckets, objects, cloud }: StorageContext): void => {
  for (const { name, config } of buckets.list()) {
    const seconds = Number(config.softDeletePolicy.retentionDurationSeconds);
    if (seconds > 0) objects.purge(name, seconds);
  }
  for (const file of objects.uploads.expire(cloud.now().getTime() - UPLOAD_LIFETIME_MS))
    objects.files.remove(file).catch((error: unknown) => cloud.log(`storage: cannot remove ${file}: ${String(error)}`));
};

/** The second façade, public links, is to be asked after all other APIs. */
export const createStorageServices = (
  cloud: CloudContext,
): { readonly json: CloudService; readonly xml: CloudService } => {
  const { dataDir, store, now, log } = cloud;
  const limit = createWriteLimit(now);
  const objects = createObjectStore({ folder: join(dataDir, "storage"), now, log, admit: limit.admit });
  const context: StorageContext = { cloud, buckets: createBucketStore(store, now), objects };
  const uploads = createResumableUploads(objects);
  let purging: NodeJS.Timeout | undefined;
  const json: CloudService = {
    api: "storage.googleapis.com",
    renderError: renderStorageError,
    ignoredFields: ignoredParameters,
    routes: [
      ...objectRoutes(context),
      ...bucketRoutes(context),
      ...policyRoutes(context),
      ...uploadRoutes(context, uploads),
      ...copyRoutes(context),
      ...batchRoutes(context),
      ...refusedRoutes(context),
      ...writeLimitRoutes(limit),
    ],
    hostHandler: createWebsiteHandler(context),
    start: async () => {
      removeExpired(context);
      purging = setInterval(() => removeExpired(context), PURGE_INTERVAL_MS).unref();
      await objects.sweep();
    },
    stop: async () => {
      clearInterval(purging);
      objects.close();
    },
  };
  return { json, xml: createXmlService(context) };
};
