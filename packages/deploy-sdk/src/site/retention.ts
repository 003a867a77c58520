// Pure. What of earlier releases is kept, and what goes when a release is published.
//
// A release is kept when it is among the last N that were published, or may have been live in the last T days. It may
// have been live until the next one was published; the one that is being replaced still is, in browsers that are open.
// That also holds for a release that was begun and never finished: its pages may have been seen, and it has put files
// into the bucket that nothing else would ever remove.
//
// A file goes when a release that is given up refers to it and no kept one does. What no release ever referred to, such
// as a search engine's verification file put there by hand, is never touched.
import type { ObjectInfo } from "../google/object-store.ts";
import { showPath } from "../sync/file-problems.ts";
import type { Change } from "../types.ts";
import type { Publication, SiteDelete, SiteExpiry, SiteManifest } from "./site-types.ts";
import { copyName, isKept } from "./site-version.ts";

export type Keep = { readonly releases: number; readonly days: number };

export type RetentionInput = {
  readonly site: string;
  readonly keep: Keep;
  readonly now: Date;
  /** Oldest first, without the one that is being made. */
  readonly publications: readonly Publication[];
  readonly manifests: Readonly<Record<string, SiteManifest>>;
  /** The version that is being released. */
  readonly next: SiteManifest;
  readonly objects: readonly ObjectInfo[];
  readonly copies: readonly ObjectInfo[];
};

export type Retention = {
  /** Kept ones, and those given up, which stay listed until all of theirs is gone. */
  readonly publications: readonly Publication[];
  readonly expiry: SiteExpiry;
  readonly changes: readonly Change[];
};

const dayMs = 24 * 60 * 60 * 1000;

export function planRetention(input: RetentionInput): Retention {
  const { publications, manifests, next } = input;
  const kept = keptPublications(input);
  const unreadable = publications.filter(({ version, expired }) => !manifests[version] && !expired);
  if (unreadable.length > 0) return nothingGoes(input, unreadable);
  const given = publications.filter((publication) => !kept.includes(publication));
  const keptVersions = new Set([next.version, ...kept.map(({ version }) => version)]);
  const needed = references(input.site, [next, ...manifestsOf(keptVersions, manifests)]);
  const goingVersions = [...new Set(given.map(({ version }) => version))].filter(
    (version) => !keptVersions.has(version),
  );
  const going = references(input.site, manifestsOf(goingVersions, manifests));
  const goes = (wanted: ReadonlySet<string>, gone: ReadonlySet<string>, found: readonly ObjectInfo[]): SiteDelete[] =>
    found.filter(({ name }) => gone.has(name) && !wanted.has(name)).map(deletion);
  const expiry: SiteExpiry = {
    objects: goes(needed.paths, going.paths, input.objects),
    copies: goes(needed.copies, going.copies, input.copies),
    versions: goingVersions.filter((version) => manifests[version]),
  };
  return {
    publications: publications.flatMap((publication) => outlook(publication, kept, manifests)),
    expiry,
    changes: given.flatMap((publication) => describe(publication, input, expiry)),
  };
}

/** A kept one as it is; one that is given up is marked, and forgotten when its manifest is gone. */
const outlook = (
  publication: Publication,
  kept: readonly Publication[],
  manifests: RetentionInput["manifests"],
): readonly Publication[] => {
  if (kept.includes(publication)) return [publication];
  return manifests[publication.version] ? [{ ...publication, expired: true }] : [];
};

function keptPublications({ publications, keep, now }: RetentionInput): readonly Publication[] {
  const published = publications.filter(({ publishedAt }) => publishedAt !== undefined);
  // The one that is being made is the last of the N.
  const last = new Set(published.slice(Math.max(0, published.length - Math.max(1, keep.releases - 1))));
  const since = now.getTime() - keep.days * dayMs;
  const liveUntil = (index: number): number => {
    const { publishedAt } = publications.slice(index + 1).find((later) => later.publishedAt !== undefined) ?? {};
    return publishedAt === undefined ? now.getTime() : Date.parse(publishedAt);
  };
  return publications.filter(
    (publication, index) => !publication.expired && (last.has(publication) || liveUntil(index) >= since),
  );
}

const manifestsOf = (versions: Iterable<string>, manifests: RetentionInput["manifests"]): readonly SiteManifest[] =>
  Array.from(versions).flatMap((version) => manifests[version] ?? []);

/** Names that these manifests refer to in the site's bucket and among the kept contents. */
export function references(
  site: string,
  manifests: readonly SiteManifest[],
): { readonly paths: ReadonlySet<string>; readonly copies: ReadonlySet<string> } {
  const paths = new Set<string>();
  const copies = new Set<string>();
  for (const { files } of manifests)
    for (const file of files) {
      paths.add(file.path);
      if (isKept(file)) copies.add(copyName(site, file));
    }
  return { paths, copies };
}

const deletion = ({ name, sizeBytes, generation }: ObjectInfo): SiteDelete => ({
  name,
  sizeBytes,
  ifGenerationMatch: generation,
});

/** Without knowing what a kept release refers to, nothing can be told to be useless. */
const nothingGoes = ({ site, publications }: RetentionInput, unreadable: readonly Publication[]): Retention => ({
  publications,
  expiry: { objects: [], copies: [], versions: [] },
  changes: [
    {
      kind: "keep",
      resource: `earlier releases of site "${site}"`,
      details: [
        `nothing of them is deleted: the state bucket has no manifest of ${unreadable.map(({ release }) => release).join(", ")}`,
      ],
    },
  ],
});

const listedAtMost = 20;

function describe(
  publication: Publication,
  { site, keep, manifests }: RetentionInput,
  expiry: SiteExpiry,
): readonly Change[] {
  const own = new Set(manifests[publication.version]?.files.map(({ path }) => path));
  const names = expiry.objects.filter(({ name }) => own.has(name)).map(({ name }) => showPath(name));
  const hidden = names.length - listedAtMost;
  const reason = publication.publishedAt
    ? `it is not among the last ${keep.releases} releases and was not live in the last ${keep.days} days`
    : `it was never finished, and replaced more than ${keep.days} days ago`;
  return [
    {
      kind: "delete",
      resource: `release ${publication.release} of site "${site}"`,
      details: [
        `${reason} (${publication.startedAt}, ${publication.commit.sha.slice(0, 12)})`,
        `${names.length} files that no kept release refers to`,
        ...names.slice(0, listedAtMost),
        ...(hidden > 0 ? [`and ${hidden} more`] : []),
      ],
    },
  ];
}
