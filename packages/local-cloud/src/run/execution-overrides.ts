// Pure. What one execution is run with instead of what its job says.
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run#Overrides
import { GoogleError } from "../server/google-error.ts";
import type { Container, EnvVar, ExecutionTemplate } from "./model.ts";

export type ContainerOverride = {
  readonly name?: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly clearArgs?: boolean;
};

export type ExecutionOverrides = {
  readonly containerOverrides?: readonly ContainerOverride[];
  readonly taskCount?: number;
  readonly timeout?: string;
};

const overrideContainer = (
  container: Container,
  { args = [], env = [], clearArgs = false }: ContainerOverride,
): Container => {
  const names = new Set(env.map(({ name }) => name));
  const kept = (container.env ?? []).filter(({ name }) => !names.has(name));
  return {
    ...container,
    ...(args.length > 0 && { args }),
    ...(clearArgs && { args: [] }),
    ...(env.length > 0 && { env: [...kept, ...env] }),
  };
};

/** An override without a name is for the only container. @throws {GoogleError} INVALID_ARGUMENT for another container's name */
export function applyOverrides(template: ExecutionTemplate, overrides: ExecutionOverrides): ExecutionTemplate {
  const { containerOverrides = [], taskCount, timeout } = overrides;
  const containers = template.template?.containers ?? [];
  const unknown = containerOverrides.find(
    ({ name }) => name && !containers.some((container) => container.name === name),
  );
  if (unknown) {
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `overrides.container_overrides: the job has no container ${JSON.stringify(unknown.name?.slice(0, 100))}.`,
    );
  }
  const overridden = containers.map((container) =>
    containerOverrides
      .filter(({ name }) => !name || name === container.name)
      .reduce((current, override) => overrideContainer(current, override), container),
  );
  return {
    ...template,
    ...(taskCount && { taskCount }),
    template: { ...template.template, containers: overridden, ...(timeout && { timeout }) },
  };
}
