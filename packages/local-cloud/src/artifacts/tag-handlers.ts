import { isObject, type JsonObject } from "../json/json-object.ts";
import { type ImageName, isTag } from "../registry/names.ts";
import { GoogleError } from "../server/google-error.ts";
import { packageName, parseArtifactName, renderTag } from "./artifact-names.ts";
import {
  type ArtifactHandlers,
  type ArtifactsContext,
  listAnswer,
  requireManifest,
  text,
} from "./artifacts-context.ts";
import { notFound } from "./repositories.ts";

export function tagHandlers(context: ArtifactsContext): ArtifactHandlers {
  const { catalog } = context.registry;
  const required = (name: unknown): { readonly image: ImageName; readonly tag: string; readonly digest: string } => {
    const { image, rest } = parseArtifactName(text(name));
    const found = catalog.tag(image, rest);
    if (!found) throw notFound();
    return { image, tag: rest, digest: found.digest };
  };
  const put = (image: ImageName, tag: string, body: unknown): JsonObject => {
    const version = parseArtifactName(text(isObject(body) ? body["version"] : ""));
    if (!isTag(tag)) throw new GoogleError("INVALID_ARGUMENT", `Invalid tag "${tag.slice(0, 200)}".`);
    if (packageName(version.image) !== packageName(image)) {
      throw new GoogleError("INVALID_ARGUMENT", "A tag names a version of its own package.");
    }
    requireManifest(context, image, version.rest);
    catalog.putTag(image, tag, { digest: version.rest, updatedAt: context.cloud.now().toISOString() });
    return renderTag(image, tag, version.rest);
  };
  return {
    ListTags: (message) => {
      const { image } = parseArtifactName(text(message["parent"]));
      if (!catalog.image(image)) throw notFound();
      return listAnswer(
        "tags",
        catalog.listTags(image).map(({ tag, digest }) => renderTag(image, tag, digest)),
        message,
      );
    },
    GetTag: ({ name }) => {
      const { image, tag, digest } = required(name);
      return renderTag(image, tag, digest);
    },
    CreateTag: ({ parent, tagId, tag }) => {
      const { image } = parseArtifactName(text(parent));
      if (catalog.tag(image, text(tagId))) throw new GoogleError("ALREADY_EXISTS", "the tag already exists");
      return put(image, text(tagId), tag);
    },
    UpdateTag: ({ tag }) => {
      const present = required(isObject(tag) ? tag["name"] : "");
      refuseImmutable(context, present.image, present.tag);
      return put(present.image, present.tag, tag);
    },
    DeleteTag: ({ name }) => {
      const { image, tag } = required(name);
      refuseImmutable(context, image, tag);
      catalog.deleteTag(image, tag);
      return {};
    },
  };
}

function refuseImmutable({ repositories }: ArtifactsContext, image: ImageName, tag: string): void {
  if (!repositories.find(image).immutableTags) return;
  throw new GoogleError("FAILED_PRECONDITION", `cannot update tag ${tag}. The repository has enabled tag immutability`);
}
