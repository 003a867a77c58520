// What a site's stages hand to each other, and what they keep in the state bucket:
//
//   sites/<site>/index.json                     which releases there are, which one is live, which are on their way out
//   sites/<site>/manifests/<version>.json       what one version of the site consists of
//   sites/<site>/files/<crc32c>-<size>/<path>   every content that was published under a name that can change
import type { SitePurge } from "@slipway/config";
import type { ObjectHeaders, ObjectInfo } from "../google/object-store.ts";
import type { Compression } from "../sync/compression.ts";
import type { Phase } from "../sync/phase.ts";
import type { PatchAction } from "../sync/sync-types.ts";
import type { FileUpload, Stored } from "../sync/upload-file.ts";
import type { Commit } from "../types.ts";

/** `config`: /config.json, which new pages need and which is made visible right before them. */
export type SiteRole = Phase | "config";

/** Roles in the order in which they become visible. */
export const visibleOrder = ["file", "config", "page", "entry", "worker"] as const satisfies readonly SiteRole[];

/** A file of a site. Its object's name is its path. */
export type SiteFile = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly compression: Compression;
  /** `asset`: content-hashed, its name never has another content. All others are kept in the state bucket too. */
  readonly role: SiteRole;
};

export type SiteManifest = {
  readonly schema: 1;
  readonly site: string;
  /** SHA-256 of `files`, hex: equal sites have equal versions, whatever commit they were built from. */
  readonly version: string;
  /** The first commit that it was released from. */
  readonly commit: Commit;
  readonly files: readonly SiteFile[];
};

/** One release of a site. Without `publishedAt` it was begun and not finished. */
export type Publication = {
  readonly release: string;
  readonly version: string;
  readonly commit: Commit;
  readonly startedAt: string;
  readonly publishedAt?: string | undefined;
  /** Retention gave it up: what only it refers to is being deleted. */
  readonly expired?: boolean | undefined;
};

export type SiteIndex = { readonly schema: 1; readonly publications: readonly Publication[] };

/** Where the files of a version come from. */
export type SiteSource =
  | {
      readonly kind: "folder";
      readonly folder: string;
      /** Where the checksums of its files are remembered. */
      readonly cacheFile: string;
      /** Places of files that links lead to, by path. */
      readonly targets: Readonly<Record<string, string>>;
      /** Contents that the deploy itself makes, by path. */
      readonly made: Readonly<Record<string, string>>;
    }
  | { readonly kind: "release" };

export type SiteObserved = {
  readonly manifest: SiteManifest;
  readonly source: SiteSource;
  readonly index: SiteIndex;
  readonly indexGeneration: string;
  /** In the site's bucket, in the order of UTF-8 bytes. */
  readonly objects: readonly ObjectInfo[];
  /** Present where something is to do: what earlier releases consist of, and what is kept of them. */
  readonly history:
    | { readonly manifests: Readonly<Record<string, SiteManifest>>; readonly copies: readonly ObjectInfo[] }
    | undefined;
};

/** An upload to either bucket; `made` is the content where no file has it. */
export type SiteUpload = FileUpload & { readonly made?: string };

/** Makes a kept content the one that is served under its path. */
export type PublishStep = {
  readonly kind: "publish";
  readonly path: string;
  readonly role: SiteRole;
  readonly from: string;
  readonly headers: ObjectHeaders;
  readonly ifGenerationMatch: string;
  /** Known already, or else from this release's own upload of `from`. */
  readonly stored: Stored | undefined;
};

export type SitePatch = Omit<PatchAction, "phase"> & { readonly role: SiteRole };

export type SiteDelete = { readonly name: string; readonly sizeBytes: number; readonly ifGenerationMatch: string };

/** What retention takes away when the release is published. */
export type SiteExpiry = {
  readonly objects: readonly SiteDelete[];
  readonly copies: readonly SiteDelete[];
  /** Versions whose manifests go last, when nothing of them is left. */
  readonly versions: readonly string[];
};

export type SiteSteps = {
  readonly url: string;
  readonly bucket: string;
  readonly stateBucket: string;
  readonly manifest: SiteManifest;
  readonly source: SiteSource;
  readonly writeManifest: boolean;
  /** The index as it was seen, and what it must be to claim the site. */
  readonly indexGeneration: string;
  /** What the index lists, to which this release is added; and what it lists when the release is published. */
  readonly publications: readonly Publication[];
  readonly publicationsAfter: readonly Publication[];
  /** Content-hashed files, straight to where they are served. */
  readonly assets: readonly SiteUpload[];
  /** Contents under names that can change, to the state bucket. */
  readonly copies: readonly SiteUpload[];
  readonly publish: readonly PublishStep[];
  readonly patches: readonly SitePatch[];
  readonly expiry: SiteExpiry;
  readonly purge: SitePurge | undefined;
};

/** In a release's record: enough to publish this version again. */
export type SiteState = { readonly version: string; readonly release: string };
