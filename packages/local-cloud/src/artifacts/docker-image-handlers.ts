import type { JsonObject } from "../json/json-object.ts";
import type { ManifestRecord } from "../registry/catalog.ts";
import { formatPath, type ImageName } from "../registry/names.ts";
import { dockerImageName, parseDockerImageName } from "./artifact-names.ts";
import {
  type ArtifactHandlers,
  type ArtifactsContext,
  imagesOf,
  listAnswer,
  requireManifest,
  tagsOf,
  text,
} from "./artifacts-context.ts";

export function dockerImageHandlers(context: ArtifactsContext): ArtifactHandlers {
  const { catalog } = context.registry;
  const render = (image: ImageName, manifest: ManifestRecord): JsonObject => ({
    name: dockerImageName(image, manifest.digest),
    uri: `${image.location}-docker.pkg.dev/${formatPath(image)}@${manifest.digest}`,
    tags: tagsOf(context, image, manifest.digest),
    imageSizeBytes: String(manifest.contentBytes),
    uploadTime: manifest.uploadedAt,
    updateTime: manifest.uploadedAt,
    mediaType: manifest.mediaType,
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
  });
  return {
    ListDockerImages: (message) => {
      const images = imagesOf(context, text(message["parent"]));
      const found = images.flatMap(({ name }) => catalog.listManifests(name).map((manifest) => render(name, manifest)));
      return listAnswer("dockerImages", found, message);
    },
    GetDockerImage: ({ name }) => {
      const { image, rest } = parseDockerImageName(text(name));
      const digest = catalog.tag(image, rest)?.digest ?? rest;
      return render(image, requireManifest(context, image, digest));
    },
  };
}
