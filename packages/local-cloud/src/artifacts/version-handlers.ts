// Images as packages, and their manifests as versions.
import type { JsonObject } from "../json/json-object.ts";
import { emptyResponse } from "../operations/operations.ts";
import type { ManifestRecord } from "../registry/catalog.ts";
import type { ImageName } from "../registry/names.ts";
import { GoogleError } from "../server/google-error.ts";
import { dockerImageName, packageName, parseArtifactName, renderTag, versionName } from "./artifact-names.ts";
import {
  type ArtifactHandlers,
  type ArtifactsContext,
  imagesOf,
  listAnswer,
  requireManifest,
  runOperation,
  tagsOf,
  text,
} from "./artifacts-context.ts";
import { notFound } from "./repositories.ts";

export function packageHandlers(context: ArtifactsContext): ArtifactHandlers {
  const { catalog, sweep } = context.registry;
  const render = (image: ImageName): JsonObject => {
    const record = catalog.image(image);
    if (!record) throw notFound();
    return { name: packageName(image), createTime: record.createdAt, updateTime: record.updatedAt };
  };
  return {
    ListPackages: (message) =>
      listAnswer(
        "packages",
        imagesOf(context, text(message["parent"])).map(({ name }) => render(name)),
        message,
      ),
    GetPackage: ({ name }) => render(parseArtifactName(text(name)).image),
    DeletePackage: ({ name }) => {
      const { image } = parseArtifactName(text(name));
      render(image);
      return runOperation(context, "DeletePackage", text(name), () => {
        catalog.deleteImage(image);
        sweep();
        return emptyResponse;
      });
    },
  };
}

export function versionHandlers(context: ArtifactsContext): ArtifactHandlers {
  const { catalog, sweep } = context.registry;
  const render = (image: ImageName, manifest: ManifestRecord, view: unknown): JsonObject => ({
    name: versionName(image, manifest.digest),
    createTime: manifest.uploadedAt,
    updateTime: manifest.uploadedAt,
    metadata: {
      name: dockerImageName(image, manifest.digest),
      mediaType: manifest.mediaType,
      imageSizeBytes: String(manifest.contentBytes),
    },
    ...(view === "FULL" && {
      relatedTags: tagsOf(context, image, manifest.digest).map((tag) => renderTag(image, tag, manifest.digest)),
    }),
  });
  const remove = (names: readonly string[], force: boolean): void => {
    const versions = names.map(parseArtifactName);
    for (const { image, rest } of versions) refuseReferenced(context, image, rest, force);
    for (const { image, rest } of versions) catalog.deleteManifest(image, rest);
    sweep();
  };
  return {
    ListVersions: (message) => {
      const { image } = parseArtifactName(text(message["parent"]));
      if (!catalog.image(image)) throw notFound();
      const versions = catalog.listManifests(image).map((manifest) => render(image, manifest, message["view"]));
      return listAnswer("versions", versions, message);
    },
    GetVersion: ({ name, view }) => {
      const { image, rest } = parseArtifactName(text(name));
      return render(image, requireManifest(context, image, catalog.tag(image, rest)?.digest ?? rest), view);
    },
    DeleteVersion: ({ name, force }) => {
      const { image, rest } = parseArtifactName(text(name));
      refuseReferenced(context, image, rest, force === true);
      return runOperation(context, "DeleteVersion", text(name), () => {
        remove([text(name)], force === true);
        return emptyResponse;
      });
    },
    BatchDeleteVersions: ({ parent, names, validateOnly }) => {
      const list = Array.isArray(names) ? names.map(text) : [];
      return runOperation(context, "BatchDeleteVersions", text(parent), () => {
        if (validateOnly !== true) remove(list, false);
        else for (const { image, rest } of list.map(parseArtifactName)) refuseReferenced(context, image, rest, false);
        return emptyResponse;
      });
    },
  };
}

/** A version that tags or indexes name stays, unless the tags shall go with it (`force`). */
function refuseReferenced(context: ArtifactsContext, image: ImageName, digest: string, force: boolean): void {
  requireManifest(context, image, digest);
  const tags = tagsOf(context, image, digest);
  if (tags.length > 0 && !force) {
    const message = `cannot delete version ${digest}: it is tagged (${tags.slice(0, 5).join(", ")}).`;
    throw new GoogleError("FAILED_PRECONDITION", message);
  }
  const parent = context.registry.catalog.listManifests(image).find(({ manifests }) => manifests.includes(digest));
  if (!parent) return;
  const message = `cannot delete version ${digest}: the index ${parent.digest} refers to it.`;
  throw new GoogleError("FAILED_PRECONDITION", message);
}
