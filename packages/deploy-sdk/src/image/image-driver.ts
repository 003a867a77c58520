// A unit that is an image: found by its inputs, else built and pushed.
import { DeployError } from "../deploy-error.ts";
import type { UnitDriver } from "../types.ts";
import { applyImage, outcomeOf } from "./apply-image.ts";
import { placeholderRepository } from "./image-registry.ts";
import { type ImageTarget, imageCall, type ObservedImage, observeImage } from "./observe-image.ts";
import { type ImageSteps, planImage } from "./plan-image.ts";

export const imageDriver: UnitDriver<"image", ImageTarget, ObservedImage, ImageSteps> = {
  observe: observeImage,
  plan: (unit, observed, { stack }) =>
    planImage(
      unit,
      observed,
      // One of them is asked for layers to take over: first the one that surely has the largest.
      [
        placeholderRepository(stack.registry),
        ...stack.units.flatMap((other) => (other.kind === "image" && other.build !== "none" ? [other.repository] : [])),
      ],
    ),
  apply: applyImage,
  /** The registry must give back what was pushed: a deploy names the digest and nothing else. */
  verify: async ({ steps }, outcome, target, context) => {
    if (steps.unit.build === "none") return outcome;
    const { repository } = steps.unit;
    const { version } = outcome;
    const digest = await target.registry.digestOf(repository, version, imageCall(steps.unit, context));
    if (digest === version) return outcome;
    throw new DeployError("image-not-found", {
      subject: `image "${steps.unit.name}" in ${context.stack.environment.name}`,
      message: `${repository}@${version} was pushed, but the registry does not have it`,
      hint: "run the command again; a clean-up policy may be removing images too early",
    });
  },
  current: ({ steps }) => {
    if (steps.action === "keep") return outcomeOf(steps.reference);
    throw new DeployError("usage", {
      subject: `image "${steps.unit.name}"`,
      message: "it has no current outcome: it is still to be built",
    });
  },
};
