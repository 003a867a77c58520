import type { ObjectStore } from "../../src/google/object-store.ts";
import { bucketsOf, differenceOf, readBucket } from "../../src/provision/buckets.ts";
import { createRest } from "../../src/provision/rest.ts";
import { type SyncBucketOptions, syncBucket } from "../../src/sync/sync-bucket.ts";
import type { Act, Place } from "./acts.ts";
import { grantOn, readsPolicy } from "./platform-acts.ts";

const specOf = ({ id, stack }: Place) => ({
  name: id,
  location: stack.environment.region,
  open: false,
  mainPage: undefined,
});
const createBucket = (place: Place) => place.perform({ do: "create-bucket", bucket: specOf(place) });
const bucketIn = ({ target, call }: Place, spec: ReturnType<typeof specOf>) =>
  readBucket(createRest(target.google.transport), spec, call);

/** The bucket of the place's own name. */
const storeOf = ({ target, id, call }: Place): ObjectStore => target.objects(id, call.subject);
const sync = (place: Place, options: Partial<SyncBucketOptions> = {}) =>
  syncBucket({
    ...{ store: storeOf(place), folder: place.folder, signal: place.call.signal, now: place.runtime.now },
    ...options,
  });
const synced = async (place: Place): Promise<void> => {
  await createBucket(place);
  await sync(place);
};
/** How many objects of this name there are, and as `is` wants them. */
const count = async (place: Place, name: string, is: (cacheControl: string | undefined) => boolean = () => true) => {
  const objects = await storeOf(place).list();
  return objects.filter((object) => object.name === name && is(object.cacheControl)).length;
};

export const storageActs = {
  "storage.buckets.get": {
    reads: async ({ shop, call }) => {
      const [state] = bucketsOf(shop.stack);
      return state && readBucket(createRest(shop.target.google.transport), state, call);
    },
  },
  "storage.buckets.insert": {
    does: createBucket,
    made: async (place) => ((await bucketIn(place, specOf(place))) ? 1 : 0),
  },
  "storage.buckets.patch": {
    before: (place) => place.perform({ do: "create-bucket", bucket: { ...specOf(place), open: true } }),
    does: async (place) => {
      const live = await bucketIn(place, specOf(place));
      if (!live) throw new Error("there is no bucket");
      const { patch, details } = differenceOf(specOf(place), live);
      if (details.length === 0) return;
      await place.perform({ do: "patch-bucket", name: place.id, patch, metageneration: live.metageneration });
    },
    made: async (place) => {
      const live = await bucketIn(place, specOf(place));
      return live?.iamConfiguration.publicAccessPrevention === "enforced" ? 1 : 0;
    },
  },
  "storage.buckets.getIamPolicy": readsPolicy({ on: "bucket", name: "shop.example.com" }),
  "storage.buckets.setIamPolicy": grantOn({ on: "bucket", name: "shop.example.com" }, "roles/storage.objectViewer"),
  "storage.objects.list": {
    reads: async ({ shop, call }) => (await shop.target.objects("shop", call.subject).list()).map(({ name }) => name),
  },
  "storage.objects.get": {
    reads: async ({ shop, call }) => {
      const found = await shop.target.objects("shop", call.subject).get("robots.txt");
      return Buffer.from(found?.bytes ?? "").toString();
    },
  },
  "storage.objects.insert": {
    before: createBucket,
    does: sync,
    made: (place) => count(place, "a.txt"),
  },
  "storage.objects.patch": {
    before: synced,
    does: (place) => sync(place, { headers: [{ glob: "**", cacheControl: "no-cache" }] }),
    made: (place) => count(place, "a.txt", (cacheControl) => cacheControl === "no-cache"),
  },
  "storage.objects.rewrite": {
    before: synced,
    does: async (place) => {
      const store = storeOf(place);
      const source = await store.head("a.txt");
      if (!source) throw new Error("there is no object");
      const { generation, crc32c } = source;
      const from = { bucket: store.bucket, name: source.name, generation };
      return store.copy({ from, name: "copy.txt", headers: {}, crc32c, ifGenerationMatch: "0" });
    },
    made: (place) => count(place, "copy.txt"),
  },
  "storage.objects.delete": {
    before: async (place) => {
      await synced(place);
      await storeOf(place).put({ name: "old.txt", content: Buffer.from("old"), headers: {}, ifGenerationMatch: "0" });
    },
    does: (place) => sync(place, { delete: true, force: true }),
    made: async (place) => 1 - (await count(place, "old.txt")),
  },
} satisfies Readonly<Record<string, Act>>;
