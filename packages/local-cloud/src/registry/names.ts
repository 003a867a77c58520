// Pure. The grammar of image names, tags, digests and references.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests
import { OciError } from "./oci-error.ts";

/** An image of an Artifact Registry repository: `PROJECT/REPOSITORY/IMAGE`, where IMAGE may have several segments. */
export type ImagePath = { readonly project: string; readonly repository: string; readonly image: string };

/** The same with the location that its repository is in: repositories of one name may exist in several locations. */
export type ImageName = ImagePath & { readonly location: string };

export type ImageReference = ImagePath & {
  /** Location of the host that the reference starts with; undefined: any. */
  readonly location: string | undefined;
  readonly tag: string;
  /** Wins over the tag. */
  readonly digest: string | undefined;
};

const segment = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const pathPattern = new RegExp(`^${segment}(?:/${segment})*$`);
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestPattern = /^sha256:[a-f0-9]{64}$/;
const referencePattern = /^(?<path>[^@:]+)(?::(?<tag>[^@:]+))?(?:@(?<digest>.+))?$/;
const hostPattern = /^(?<location>[a-z0-9-]+)-docker\.pkg\.dev$/;
const maxPathLength = 255;

export const isTag = (text: string): boolean => tagPattern.test(text);
export const isDigest = (text: string): boolean => digestPattern.test(text);

/** `asia-southeast1-docker.pkg.dev` → `asia-southeast1`; undefined for any other host. */
export const locationOfHost = (host: string): string | undefined => hostPattern.exec(host)?.groups?.["location"];

export const formatPath = ({ project, repository, image }: ImagePath): string => `${project}/${repository}/${image}`;

/**
 * @throws {OciError} NAME_INVALID. The sentence for a missing image name is Google's own:
 * https://cloud.google.com/artifact-registry/docs/docker/troubleshoot
 */
export function parsePath(path: string): ImagePath {
  if (path.length > maxPathLength || !pathPattern.test(path)) {
    throw new OciError("NAME_INVALID", `Invalid image name "${path.slice(0, maxPathLength)}"`);
  }
  const [project = "", repository = "", ...rest] = path.split("/");
  if (rest.length > 0) return { project, repository, image: rest.join("/") };
  const form = "HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE";
  throw new OciError(
    "NAME_INVALID",
    `Missing image name. Pushes should be of the form docker push ${form} and pulls of the form docker pull ${form}`,
  );
}

/** @throws {OciError} DIGEST_INVALID. */
export function parseDigest(text: string): string {
  if (isDigest(text)) return text;
  throw new OciError(
    "DIGEST_INVALID",
    `Invalid digest "${text.slice(0, 100)}": sha256 and 64 hexadecimal digits are supported`,
  );
}

/** `[HOST/]PROJECT/REPOSITORY/IMAGE[:TAG][@DIGEST]`, where HOST is `*-docker.pkg.dev` or one of `ownHosts`; undefined: of another form. */
export function parseReference(text: string, isOwnHost: (host: string) => boolean): ImageReference | undefined {
  const slash = text.indexOf("/");
  const host = text.slice(0, slash);
  const location = locationOfHost(host);
  const rest = location !== undefined || isOwnHost(host) ? text.slice(slash + 1) : text;
  const { path = "", tag = "latest", digest } = referencePattern.exec(rest)?.groups ?? {};
  if (!pathPattern.test(path) || path.length > maxPathLength || !isTag(tag)) return undefined;
  if (digest !== undefined && !isDigest(digest)) return undefined;
  const [project = "", repository = "", ...image] = path.split("/");
  return image.length === 0 ? undefined : { project, repository, image: image.join("/"), location, tag, digest };
}
