// Names of what lies in a repository. An image's own name may have slashes: in a resource's name they are `%2F`.
import type { JsonObject } from "../json/json-object.ts";
import type { ImageName } from "../registry/names.ts";
import { GoogleError } from "../server/google-error.ts";
import { formatRepositoryName, parseRepositoryName } from "./repositories.ts";

const encode = (image: string): string => image.replaceAll("/", "%2F");
const decode = (image: string): string => image.replaceAll(/%2F/gi, "/");

export const packageName = (image: ImageName): string =>
  `${formatRepositoryName(image)}/packages/${encode(image.image)}`;
export const versionName = (image: ImageName, digest: string): string => `${packageName(image)}/versions/${digest}`;
const tagName = (image: ImageName, tag: string): string => `${packageName(image)}/tags/${tag}`;
export const dockerImageName = (image: ImageName, digest: string): string =>
  `${formatRepositoryName(image)}/dockerImages/${encode(image.image)}@${digest}`;

/** As the API shows a tag. */
export const renderTag = (image: ImageName, tag: string, digest: string): JsonObject => ({
  name: tagName(image, tag),
  version: versionName(image, digest),
});

export type ArtifactName = {
  readonly image: ImageName;
  /** Digest or tag that follows, empty where the name ends before. */
  readonly rest: string;
};

/** `…/packages/NAME[/versions/DIGEST|/tags/TAG]`, also the part after it. */
export const parseArtifactName = (name: string): ArtifactName =>
  parse(name, /\/packages\/([^/]+)(?:\/(?:versions|tags)\/([^/]+))?$/);

/** `…/dockerImages/NAME@DIGEST` or `…/dockerImages/NAME:TAG`. */
export const parseDockerImageName = (name: string): ArtifactName => parse(name, /\/dockerImages\/([^@:]+)[@:](.+)$/);

function parse(name: string, pattern: RegExp): ArtifactName {
  const [, image, rest = ""] = pattern.exec(name) ?? [];
  if (image !== undefined) return { image: { ...parseRepositoryName(name), image: decode(image) }, rest };
  throw new GoogleError("INVALID_ARGUMENT", `Invalid name "${name.slice(0, 300)}".`);
}
