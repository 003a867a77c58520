// What there is of an image: its inputs here, and whether the registry has an image that was built from them. One request.
import { join } from "node:path";
import type { ImageUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { dockerInputs } from "./docker-inputs.ts";
import type { ImageRegistry } from "./image-registry.ts";
import { type BuildPlace, inputsTag, nodeInputs } from "./node-image.ts";
import { type ImageReference, parseReference } from "./reference.ts";

export type ObservedImage = {
  /** Hexadecimal digest of the inputs; undefined for an image that exists already. */
  readonly inputs: string | undefined;
  /** `host/path/name@sha256:…`; undefined: it must be built. */
  readonly reference: string | undefined;
};

export type ImageContext = Pick<ReleaseContext, "stack" | "workspace" | "signal">;
export type ImageTarget = Pick<Target, "registry">;

export const imageCall = (unit: ImageUnit, { stack, signal }: ImageContext): Call => ({
  signal,
  subject: `image "${unit.name}" in ${stack.environment.name}`,
});

export const placeOf = ({ workspace, signal }: ImageContext, { registry }: ImageTarget): BuildPlace => ({
  workspace,
  cacheDir: join(workspace, ".local", "cache"),
  platform: registry.platform,
  signal,
});

/** @throws {DeployError} `image-not-found` where an image that should exist already does not. */
export async function observeImage(
  unit: ImageUnit,
  target: ImageTarget,
  context: ImageContext,
): Promise<ObservedImage> {
  const call = imageCall(unit, context);
  if (unit.build === "none")
    return { inputs: undefined, reference: await resolveReference(unit.reference, target.registry, call) };
  const place = placeOf(context, target);
  const inputs = unit.build === "node" ? (await nodeInputs(unit, place)).hash : await dockerInputs(unit, place);
  const digest = await target.registry.digestOf(unit.repository, inputsTag(inputs), call);
  return { inputs, reference: digest && `${unit.repository}@${digest}` };
}

/**
 * The digest of a unit's image, `host/path/name@sha256:…`; undefined: it has not been built from what is here now.
 * @throws {DeployError} `image-not-found` where an image that should exist already does not.
 */
export async function findImage(
  unit: ImageUnit,
  target: ImageTarget,
  context: ImageContext,
): Promise<string | undefined> {
  return (await observeImage(unit, target, context)).reference;
}

async function resolveReference(written: string, registry: ImageRegistry, call: Call): Promise<string> {
  const reference = parseReference(written);
  if (!reference)
    throw notFound(call, `not an image reference: ${written}`, "write it as host/path/name@sha256:… in stack.ts");
  if (!registry.serves(reference.repository)) return foreignReference(written, reference, call);
  const digest = await registry.digestOf(reference.repository, reference.digest ?? reference.tag, call);
  if (digest === undefined) throw notFound(call, written, "push it first, or correct `reference` in stack.ts");
  return `${reference.repository}@${digest}`;
}

/** Another registry is not asked, for we have no credentials for it: the digest is taken at its word. */
function foreignReference(written: string, { repository, digest }: ImageReference, call: Call): string {
  if (digest !== undefined) return `${repository}@${digest}`;
  throw notFound(
    call,
    `a tag of another registry cannot be resolved: ${written}`,
    `write its digest in stack.ts: skopeo inspect --format '{{.Digest}}' docker://${written}`,
  );
}

const notFound = ({ subject }: Call, message: string, hint: string): DeployError =>
  new DeployError("image-not-found", { subject, message, hint });
