// An instance in state FAILED: running what made it again does not help, and deleting it is not for us to do. Pure.
import type { Environment } from "@slipway/config";

export type FailedKind = "sql" | "redis";

/** Cloud SQL has this state also where a maintenance went wrong: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances */
export const brokenMessage =
  "is in state FAILED, and will never run: it is made anew when it is deleted, and what it has held is lost with it";

/** Cloud SQL lets the name be used again at once: https://cloud.google.com/sql/docs/postgres/delete-instance */
export function remakeHint(kind: FailedKind, instance: string, environment: Environment): string {
  const { name, project, region } = environment;
  const where = kind === "redis" ? `--region ${region} --project ${project}` : `--project ${project}`;
  return `gcloud ${kind} instances delete ${instance} ${where}, then pnpm provision --env ${name}`;
}
