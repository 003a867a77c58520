// What is run: one revision of a service or of a worker pool, with all that its instances need.

import { projectNumber } from "../resource-manager/project-number.ts";
import type { LogSource } from "../runtime/log-entry.ts";
import type { Container, ContainerTemplate, PinnedImage, Revision } from "./model.ts";
import { formatParent, ownerName, parseResource, type ResourceName, shortName } from "./resource-names.ts";

export type Workload = {
  readonly owner: ResourceName;
  /** Short name of the revision. */
  readonly revision: string;
  readonly image: PinnedImage;
  readonly container: Container;
  readonly template: ContainerTemplate;
  readonly log: Omit<LogSource, "labels">;
};

const resourceTypes = {
  services: { type: "cloud_run_revision", name: "service_name", configuration: true },
  workerPools: { type: "cloud_run_worker_pool", name: "worker_pool_name", configuration: false },
} as const;

const logOf = (owner: ResourceName, revision: string): Workload["log"] => {
  const { type, name, configuration } = resourceTypes[owner.kind === "workerPools" ? "workerPools" : "services"];
  const labels = {
    project_id: owner.project,
    location: owner.location,
    [name]: owner.id,
    revision_name: revision,
    ...(configuration && { configuration_name: owner.id }),
  };
  return { project: owner.project, resource: { type, labels } };
};

export const createWorkload = (revision: Revision, image: PinnedImage): Workload => {
  const owner = parseResource(revision.name);
  const [container] = revision.containers ?? [];
  if (container === undefined) throw new TypeError(`revision ${revision.name} has no container`);
  const name = shortName(revision.name);
  return { owner, revision: name, image, container, template: revision, log: logOf(owner, name) };
};

/** https://cloud.google.com/run/docs/container-contract#env-vars */
export const systemVariables = ({ owner, revision }: Workload, port: number): Readonly<Record<string, string>> =>
  owner.kind === "services"
    ? { PORT: String(port), K_SERVICE: owner.id, K_REVISION: revision, K_CONFIGURATION: owner.id }
    : { CLOUD_RUN_WORKER_POOL: owner.id, CLOUD_RUN_WORKER_POOL_REVISION: revision };

/** Resource that the owner's policies are asked on. */
export const projectOf = (name: string): string => `projects/${projectNumber(parseResource(ownerName(name)).project)}`;
export const parentOf = (name: string): string => formatParent(parseResource(name));
