// Builds what the plan names and pushes it under the tag of its inputs.
import { join } from "node:path";
import { DeployError } from "../deploy-error.ts";
import type { ReleaseContext, UnitOutcome } from "../types.ts";
import { createBuiltImages } from "./built-images.ts";
import { type DockerfileUnit, dockerInputs } from "./docker-inputs.ts";
import { buildDockerfile } from "./dockerfile-image.ts";
import { createLayerCache, type LayerCache } from "./layer-cache.ts";
import { type BuildPlace, buildNodeImage, inputsTag, nodeInputs } from "./node-image.ts";
import { type ImageTarget, imageCall, placeOf } from "./observe-image.ts";
import type { BuiltImage } from "./oci.ts";
import type { ImagePlan, ImageSteps } from "./plan-image.ts";

type BuildSteps = Extract<ImageSteps, { action: "build" }>;

export async function applyImage(
  { steps }: ImagePlan,
  target: ImageTarget,
  context: ReleaseContext,
): Promise<UnitOutcome> {
  if (steps.action === "keep") return outcomeOf(steps.reference);
  const { unit, inputs, siblings } = steps;
  const image = await buildImage(steps, placeOf(context, target), context);
  const pushed = await target.registry.push(
    {
      repository: unit.repository,
      image,
      tag: inputsTag(inputs),
      mountFrom: siblings,
      progress: ({ blobsDone, blobs, bytesDone, bytes }) =>
        context.emit({
          type: "progress",
          unit: unit.name,
          label: "push",
          done: blobsDone,
          total: blobs,
          bytesDone,
          bytesTotal: bytes,
        }),
    },
    imageCall(unit, context),
  );
  return outcomeOf(`${unit.repository}@${pushed.digest}`);
}

export const outcomeOf = (reference: string): UnitOutcome => ({
  version: reference.slice(reference.indexOf("@") + 1),
  state: { reference },
});

async function buildImage(steps: BuildSteps, place: BuildPlace, context: ReleaseContext): Promise<BuiltImage> {
  const { unit } = steps;
  const layers = createLayerCache(join(place.cacheDir, "layers"), context.runtime.now);
  if (unit.build === "node") {
    const inputs = await nodeInputs(unit, place);
    requireUnchanged(steps, inputs.hash, context);
    return buildNodeImage(unit, inputs, layers, place);
  }
  return buildFromDockerfile({ ...steps, unit }, layers, place, context);
}

async function buildFromDockerfile(
  steps: BuildSteps & { readonly unit: DockerfileUnit },
  layers: LayerCache,
  place: BuildPlace,
  context: ReleaseContext,
): Promise<BuiltImage> {
  const { unit, inputs } = steps;
  requireUnchanged(steps, await dockerInputs(unit, place), context);
  const log = (line: string): void => context.emit({ type: "log", unit: unit.name, line });
  const known = createBuiltImages(join(place.cacheDir, "images"), layers, context.runtime.now);
  const before = await known.find(inputs);
  if (before) {
    log("these inputs were built here before; the same image is pushed");
    return before;
  }
  const image = await buildDockerfile(unit, { ...place, layers, log });
  // The engine read the context by itself: what it saw must be what the tag will stand for.
  requireUnchanged(steps, await dockerInputs(unit, place), context);
  await known.keep(inputs, image);
  return image;
}

function requireUnchanged({ unit, inputs }: BuildSteps, now: string, context: ReleaseContext): void {
  if (now === inputs) return;
  throw new DeployError("conflict", {
    subject: imageCall(unit, context).subject,
    message: "its sources changed since the plan was made",
    hint: "run the command again",
    retryable: true,
  });
}
