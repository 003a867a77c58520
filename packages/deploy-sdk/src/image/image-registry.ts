// What building and deploying images ask of a registry, in words that fit any.
import type { Stack } from "@slipway/config";
import type { Call } from "../target.ts";
import type { BuiltImage, Platform } from "./oci.ts";

/** Repository of the image that services run before their first release; it has Node's layer, which others can take over. */
export const placeholderRepository = ({ path }: Stack["registry"]): string => `${path}/placeholder`;

export type PushRequest = {
  /** `host/path/name` */
  readonly repository: string;
  readonly image: BuiltImage;
  readonly tag: string;
  /** Other repositories of the same registry that may hold some of the blobs already. */
  readonly mountFrom: readonly string[];
  readonly progress: (progress: PushProgress) => void;
};

export type PushProgress = {
  readonly blobsDone: number;
  readonly blobs: number;
  readonly bytesDone: number;
  /** Of the blobs that the registry lacks; grows while they are found out. */
  readonly bytes: number;
};

export type PushResult = {
  readonly digest: string;
  /** Blobs that were sent, as opposed to found or mounted. */
  readonly sent: number;
  readonly bytesSent: number;
};

export type ImageRegistry = {
  /** What images are run on there. */
  readonly platform: Platform;
  /** Does this registry serve `host/path/name`, so that it can be asked? */
  readonly serves: (repository: string) => boolean;
  /** Digest of a tag, or of a digest that exists; undefined: no such image. */
  readonly digestOf: (repository: string, tagOrDigest: string, call: Call) => Promise<string | undefined>;
  /** Sends the blobs that are missing, then the manifest, and names it. */
  readonly push: (request: PushRequest, call: Call) => Promise<PushResult>;
};
