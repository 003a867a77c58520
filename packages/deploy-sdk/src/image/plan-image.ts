// Pure. No network.
import type { ImageUnit } from "@slipway/config";
import type { Change, UnitPlan } from "../types.ts";
import type { ObservedImage } from "./observe-image.ts";

export type ImageSteps =
  | { readonly action: "keep"; readonly unit: ImageUnit; readonly reference: string }
  | {
      readonly action: "build";
      readonly unit: Exclude<ImageUnit, { build: "none" }>;
      readonly inputs: string;
      /** Other images of the stack, which may share layers with this one. */
      readonly siblings: readonly string[];
    };

export type ImagePlan = UnitPlan<"image", ImageSteps>;

const shownDigits = 12;

export function planImage(
  unit: ImageUnit,
  { inputs, reference }: ObservedImage,
  siblings: readonly string[],
): ImagePlan {
  if (unit.build === "none" || reference !== undefined || inputs === undefined) {
    const kept = reference ?? "";
    const change: Change = { kind: "keep", resource: `image ${unit.name}`, details: [shortReference(kept)] };
    return planOf(unit, change, { action: "keep", unit, reference: kept });
  }
  const details = [`${unit.repository}: built from inputs ${inputs.slice(0, shownDigits)}…`];
  return planOf(
    unit,
    { kind: "create", resource: `image ${unit.name}`, details },
    { action: "build", unit, inputs, siblings: siblings.filter((repository) => repository !== unit.repository) },
  );
}

const planOf = (unit: ImageUnit, change: Change, steps: ImageSteps): ImagePlan => ({
  kind: "image",
  unit: unit.name,
  changes: [change],
  noop: change.kind === "keep",
  steps,
});

/** `host/path/name@sha256:12ab34cd56ef…` */
const shortReference = (reference: string): string => reference.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1…");
