// What the registry knows: which image holds which blobs, manifests and tags. Synchronous, over the store.
import type { Store } from "../store/types.ts";
import type { ImageName } from "./names.ts";

export type ManifestRecord = {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Of its configuration and layers together; of an index, 0. */
  readonly contentBytes: number;
  /** What the referrers API calls it: its `artifactType`, else the media type of its configuration. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly subject: string | undefined;
  /** Digests of the blobs and manifests that it needs. */
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
  readonly uploadedAt: string;
};

export type TagRecord = { readonly digest: string; readonly updatedAt: string };
type ImageRecord = { readonly createdAt: string; readonly updatedAt: string };
type LinkRecord = { readonly linkedAt: string };

export type Catalog = ReturnType<typeof createCatalog>;

/** `PROJECT/LOCATION/REPOSITORY/IMAGE`: what a document's name starts with. None of its parts can hold `@` or `:`. */
export const imageKey = ({ project, location, repository, image }: ImageName): string =>
  `${project}/${location}/${repository}/${image}`;

export function parseImageKey(key: string): ImageName {
  const [project = "", location = "", repository = "", ...image] = key.split("/");
  return { project, location, repository, image: image.join("/") };
}

const tail = (name: string, separator: string): string => name.slice(name.lastIndexOf(separator) + 1);
const linkName = (image: ImageName, digest: string): string => `${imageKey(image)}@${digest}`;
const tagName = (image: ImageName, tag: string): string => `${imageKey(image)}:${tag}`;
const referrerName = (image: ImageName, subject: string, digest: string): string =>
  `${linkName(image, subject)}<${digest}`;

type Collections = ReturnType<typeof openCollections>;

const openCollections = (store: Store) => ({
  images: store.collection<ImageRecord>("registry.images"),
  links: store.collection<LinkRecord>("registry.links"),
  manifests: store.collection<ManifestRecord>("registry.manifests"),
  tags: store.collection<TagRecord>("registry.tags"),
  referrers: store.collection<Record<never, never>>("registry.referrers"),
});

export function createCatalog(store: Store) {
  const collections = openCollections(store);
  const { links, manifests } = collections;
  return {
    ...imageRecords(collections),
    ...tagRecords(collections),
    ...manifestRecords(store, collections),
    ...blobLinks(collections),
    ...removals(store, collections),
    /** Digests of every file that something refers to. */
    referencedDigests: (): ReadonlySet<string> =>
      new Set([...links.list(), ...manifests.list()].map(({ name }) => name.slice(name.indexOf("@") + 1))),
  };
}

const imageRecords = ({ images }: Collections) => ({
  image: (image: ImageName) => images.get(imageKey(image)),
  /** Images below a prefix of their keys, in the order of the keys. */
  listImages: (prefix = "") =>
    images.list({ prefix }).map(({ name, document }) => ({ name: parseImageKey(name), ...document })),
});

const tagRecords = ({ tags }: Collections) => ({
  tag: (image: ImageName, tag: string) => tags.get(tagName(image, tag)),
  putTag: (image: ImageName, tag: string, record: TagRecord) => tags.put(tagName(image, tag), record),
  deleteTag: (image: ImageName, tag: string) => tags.delete(tagName(image, tag)),
  listTags: (image: ImageName, after?: string, limit?: number) => listTags(tags, image, after, limit),
});

function listTags(tags: Collections["tags"], image: ImageName, after?: string, limit?: number) {
  const prefix = `${imageKey(image)}:`;
  const options = { ...(after !== undefined && { after: prefix + after }), ...(limit !== undefined && { limit }) };
  return tags.list({ prefix, ...options }).map(({ name, document }) => ({ tag: tail(name, ":"), ...document }));
}

const listManifests = (manifests: Collections["manifests"], image: ImageName): readonly ManifestRecord[] =>
  manifests.list({ prefix: `${imageKey(image)}@` }).map(({ document }) => document);

const manifestRecords = (store: Store, { images, manifests, tags, referrers }: Collections) => ({
  manifest: (image: ImageName, digest: string) => manifests.get(linkName(image, digest)),
  listManifests: (image: ImageName) => listManifests(manifests, image),
  listReferrers: (image: ImageName, subject: string): readonly ManifestRecord[] =>
    referrers
      .list({ prefix: `${linkName(image, subject)}<` })
      .flatMap(({ name }) => manifests.get(linkName(image, tail(name, "<"))) ?? []),
  putManifest: (image: ImageName, record: ManifestRecord, tag: string | undefined, now: string): void =>
    store.transaction(() => {
      const key = imageKey(image);
      images.put(key, { createdAt: images.get(key)?.createdAt ?? now, updatedAt: now });
      manifests.put(linkName(image, record.digest), record);
      if (record.subject) referrers.put(referrerName(image, record.subject, record.digest), {});
      if (tag) tags.put(tagName(image, tag), { digest: record.digest, updatedAt: now });
    }),
});

/** Which image may see which blob. */
const blobLinks = ({ links }: Collections) => ({
  hasBlob: (image: ImageName, digest: string) => links.get(linkName(image, digest)) !== undefined,
  linkBlob: (image: ImageName, digest: string, now: string) => links.put(linkName(image, digest), { linkedAt: now }),
  unlinkBlob: (image: ImageName, digest: string) => links.delete(linkName(image, digest)),
  listLinks: () =>
    links.list().map(({ name, document }) => {
      const at = name.indexOf("@");
      return { image: parseImageKey(name.slice(0, at)), digest: name.slice(at + 1), ...document };
    }),
});

const removals = (store: Store, { images, links, manifests, tags, referrers }: Collections) => ({
  /** Removes the manifest and every tag that names it; the image too when it was the last. */
  deleteManifest: (image: ImageName, digest: string): void =>
    store.transaction(() => {
      const subject = manifests.get(linkName(image, digest))?.subject;
      for (const { tag, digest: tagged } of listTags(tags, image)) {
        if (tagged === digest) tags.delete(tagName(image, tag));
      }
      if (subject) referrers.delete(referrerName(image, subject, digest));
      manifests.delete(linkName(image, digest));
      if (manifests.count(`${imageKey(image)}@`) === 0) images.delete(imageKey(image));
    }),
  /** Its blobs stay until they are swept. */
  deleteImage: (image: ImageName): void =>
    store.transaction(() => {
      for (const { digest, subject } of listManifests(manifests, image)) {
        if (subject) referrers.delete(referrerName(image, subject, digest));
        manifests.delete(linkName(image, digest));
      }
      for (const { tag } of listTags(tags, image)) tags.delete(tagName(image, tag));
      images.delete(imageKey(image));
    }),
  deleteRepository: (project: string, location: string, repository: string): void =>
    store.transaction(() => {
      const prefix = `${project}/${location}/${repository}/`;
      for (const collection of [images, links, manifests, tags, referrers]) {
        for (const { name } of collection.list({ prefix })) collection.delete(name);
      }
    }),
});
