// From a container of the stack to one with everything filled in: image by digest, secrets by version, variables by facts.
import { type Container, expandTemplate, type ImageUnit, templateReferences, type Unit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { findImage } from "../image/observe-image.ts";
import { pinSecrets } from "../secret/pin-secrets.ts";
import type { Call, ContainerSpec, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { type Facts, gatherFacts, releaseFacts } from "./facts.ts";

/** What a unit's container should be. */
export type WantedContainer = {
  /** Its `image` is empty while the image has not been built. */
  readonly spec: ContainerSpec;
  readonly imageUnit: string;
  /** Variables that differ with every release: alone they are no reason for a new revision. */
  readonly volatile: readonly string[];
};

type ContainerUnit = Extract<Unit, { readonly container: Container }>;

/** @throws {DeployError} `secret-missing`, `not-provisioned` where a variable names a service that does not exist, `image-not-found` */
export async function observeContainer(
  unit: ContainerUnit,
  target: Target,
  context: ReleaseContext,
): Promise<WantedContainer> {
  const { container } = unit;
  const call: Call = { signal: context.signal, subject: subjectOf(unit, context) };
  const [image, secrets, facts] = await Promise.all([
    findImage(imageUnitOf(unit, context), target, context),
    pinSecrets(container.secrets, { stack: context.stack, target, signal: context.signal }),
    gatherFacts(Object.values(container.env), target, context),
  ]);
  const { cpu, memoryMb, serviceAccount } = container;
  return {
    spec: {
      image: image ?? "",
      command: container.command ?? [],
      args: container.args,
      env: expandEnv(container.env, facts, call, context),
      secrets,
      cpu,
      memoryMb,
      cloudSql: container.cloudSql.toSorted(),
      serviceAccount,
    },
    imageUnit: container.image,
    volatile: Object.entries(container.env)
      .filter(([, text]) => templateReferences(text).some((reference) => releaseFacts.has(reference)))
      .map(([name]) => name),
  };
}

export const subjectOf = ({ kind, name }: Unit, { stack }: Pick<ReleaseContext, "stack">): string =>
  `${kind} "${name}" in ${stack.environment.name}`;

function imageUnitOf({ container, name }: ContainerUnit, { stack }: ReleaseContext): ImageUnit {
  const image = stack.units.find((unit): unit is ImageUnit => unit.kind === "image" && unit.name === container.image);
  if (image) return image;
  throw new DeployError("usage", { subject: `unit "${name}"`, message: `the stack has no image "${container.image}"` });
}

function expandEnv(
  env: Readonly<Record<string, string>>,
  facts: Facts,
  { subject }: Call,
  { stack }: ReleaseContext,
): Readonly<Record<string, string>> {
  const expanded = Object.entries(env).map(([name, text]) => ({ name, ...expandTemplate(text, facts) }));
  const missing = expanded.filter((variable) => variable.missing.length > 0);
  if (missing.length > 0)
    throw new DeployError("not-provisioned", {
      subject,
      message: `nothing is known yet for ${missing.map(({ name, missing: of }) => `${name}: {${of.join("}, {")}}`).join("; ")}`,
      hint: `pnpm provision --env ${stack.environment.name}`,
    });
  return Object.fromEntries(expanded.map(({ name, text }) => [name, text]));
}
