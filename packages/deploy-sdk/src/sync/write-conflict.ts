import { DeployError } from "../deploy-error.ts";
import type { ObjectInfo } from "../google/object-store.ts";

/** A precondition was refused: what is there is not what the plan saw. */
export const anotherWasFirst = (bucket: string, name: string, current: ObjectInfo | undefined): DeployError =>
  new DeployError("precondition-failed", {
    subject: `object "${name}" in bucket "${bucket}"`,
    message: current
      ? "another deploy changed it after this one had looked"
      : "another deploy deleted it after this one had looked",
    hint: "run again: what is there now is looked at afresh",
    details: current ? [`it has generation ${current.generation} and crc32c ${current.crc32c} now`] : [],
    retryable: true,
  });
