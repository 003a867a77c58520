// Pure. Why an instance did not start, in Cloud Run's own sentences: https://cloud.google.com/run/docs/troubleshooting
import type { Condition } from "./model.ts";

/** With the code that a failed operation carries: https://grpc.io/docs/guides/status-codes/ */
export type StartFailure = {
  readonly code: number;
  readonly message: string;
} & Pick<Condition, "reason" | "revisionReason">;

const failedPrecondition = 9;
const notFound = 5;
const internal = 13;

const moreInLogs = "Logs for this revision might contain more information.";

/** `PORT` as it is on Google, where it is what the container is configured with. */
export const neverListened = (port: number): StartFailure => ({
  code: failedPrecondition,
  message: `The user-provided container failed to start and listen on the port defined provided by the PORT=${port} environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended. ${moreInLogs}`,
  revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
});

export const startupProbeFailed: StartFailure = {
  code: failedPrecondition,
  message: `The user-provided container failed the configured startup probe checks. ${moreInLogs}`,
  revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
};

export const exitedAtStart: StartFailure = {
  code: failedPrecondition,
  message: `The user-provided container failed to start. ${moreInLogs}`,
  revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
};

export const imageMissing = (image: string): StartFailure => ({
  code: notFound,
  message: `Image '${image}' not found.`,
  reason: "CONTAINER_MISSING",
});

/** @param why what Secret Manager says of the secret */
export const secretUnreadable = (why: string): StartFailure => ({
  code: failedPrecondition,
  message: why,
  reason: "SECRETS_ACCESS_CHECK_FAILED",
});

/** Something on this machine, not in the container. */
export const platformFailed = (why: string): StartFailure => ({ code: internal, message: why, reason: "INTERNAL" });

export const notReady = (revision: string, { message }: Pick<StartFailure, "message">): string =>
  `Revision '${revision}' is not ready and cannot serve traffic. ${message}`;
