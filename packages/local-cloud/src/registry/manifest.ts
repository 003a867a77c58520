// Pure. Reads and checks manifests of the OCI image specification and of Docker's image manifest version 2, schema 2.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md, https://distribution.github.io/distribution/spec/manifest-v2-2/
import { isObject, type JsonObject } from "../json/json-object.ts";
import { isDigest } from "./names.ts";
import { OciError } from "./oci-error.ts";

export type Platform = { readonly os: string; readonly architecture: string };

export type ManifestDescriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: Platform;
};

type Common = {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly subject: ManifestDescriptor | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
};

export type ParsedManifest = Common &
  (
    | { readonly kind: "image"; readonly config: ManifestDescriptor; readonly layers: readonly ManifestDescriptor[] }
    | { readonly kind: "index"; readonly manifests: readonly ManifestDescriptor[] }
  );

export const ociIndexType = "application/vnd.oci.image.index.v1+json";
const kinds: ReadonlyMap<string, ParsedManifest["kind"]> = new Map([
  ["application/vnd.oci.image.manifest.v1+json", "image"],
  ["application/vnd.docker.distribution.manifest.v2+json", "image"],
  [ociIndexType, "index"],
  ["application/vnd.docker.distribution.manifest.list.v2+json", "index"],
]);

/** Layers that a registry need not hold: they are fetched from elsewhere. */
export const isForeign = ({ mediaType }: ManifestDescriptor): boolean =>
  mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.");

/**
 * @param contentType Content-Type of the push; where it is missing, the manifest's own `mediaType` counts.
 * @throws {OciError} MANIFEST_INVALID, with the first thing that is wrong.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const manifest = parseObject(bytes);
  const mediaType = resolveMediaType(manifest, contentType);
  const kind = kinds.get(mediaType);
  if (!kind) throw invalid(`manifests of type "${mediaType.slice(0, 100)}" are not supported`);
  if (manifest["schemaVersion"] !== 2) throw invalid("schemaVersion must be 2");
  const common = {
    mediaType,
    artifactType: optionalString(manifest, "artifactType"),
    subject: manifest["subject"] === undefined ? undefined : parseDescriptor(manifest["subject"], "subject"),
    annotations: parseAnnotations(manifest["annotations"]),
  };
  if (kind === "index") return { kind, ...common, manifests: parseDescriptors(manifest["manifests"], "manifests") };
  const config = parseDescriptor(manifest["config"], "config");
  return { kind, ...common, config, layers: parseDescriptors(manifest["layers"], "layers") };
}

const invalid = (message: string): OciError => new OciError("MANIFEST_INVALID", message);

function parseObject(bytes: Uint8Array): JsonObject {
  const value = parseJson(bytes);
  if (!isObject(value)) throw invalid("a manifest is a JSON object");
  return value;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("the manifest is not JSON");
  }
}

function resolveMediaType(manifest: JsonObject, contentType: string | undefined): string {
  const sent = contentType?.split(";")[0]?.trim();
  const own = optionalString(manifest, "mediaType");
  if (sent && own && sent !== own) throw invalid(`mediaType "${own}" differs from the Content-Type "${sent}"`);
  const mediaType = own ?? sent;
  if (!mediaType) throw invalid("neither the manifest nor the Content-Type names a media type");
  return mediaType;
}

function optionalString(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (value === undefined || typeof value === "string") return value;
  throw invalid(`${key} must be text`);
}

function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) {
    return value as Readonly<Record<string, string>>;
  }
  throw invalid("annotations must map names to texts");
}

function parseDescriptors(value: unknown, path: string): readonly ManifestDescriptor[] {
  if (!Array.isArray(value)) throw invalid(`${path} must be a list`);
  return value.map((item, index) => parseDescriptor(item, `${path}[${index}]`));
}

function parseDescriptor(value: unknown, path: string): ManifestDescriptor {
  if (!isObject(value)) throw invalid(`${path} must be a descriptor`);
  const { mediaType, digest, size, platform } = value;
  if (typeof mediaType !== "string" || mediaType === "") throw invalid(`${path}.mediaType is missing`);
  if (typeof digest !== "string" || !isDigest(digest)) throw invalid(`${path}.digest is not a sha256 digest`);
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw invalid(`${path}.size must be a number of bytes`);
  return { mediaType, digest, size: Number(size), ...(isPlatform(platform) && { platform }) };
}

const isPlatform = (value: unknown): value is Platform =>
  isObject(value) && typeof value["os"] === "string" && typeof value["architecture"] === "string";
