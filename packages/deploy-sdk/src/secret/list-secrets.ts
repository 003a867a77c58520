import type { Secret, Stack } from "@slipway/config";
import type { GoogleTarget } from "../google/create-target.ts";
import { readVersions, type SecretVersion } from "./secret-versions.ts";
import { secretCall } from "./set-secret.ts";

export type ListedSecret = Pick<Secret, "name" | "source" | "rotation" | "optional"> & {
  /** Newest first; empty: it has no value yet. Never a value. */
  readonly versions: readonly SecretVersion[];
};

/** The stack's secrets and what there is of each. */
export function listSecrets(options: {
  readonly stack: Stack;
  readonly target: Pick<GoogleTarget, "google">;
  readonly signal: AbortSignal;
}): Promise<readonly ListedSecret[]> {
  const { stack, target, signal } = options;
  const place = { project: stack.environment.project, target };
  return Promise.all(
    stack.secrets.map(async ({ name, source, rotation, optional }) => ({
      name,
      source,
      rotation,
      optional,
      versions: (await readVersions(place, name, secretCall(stack, name, signal))) ?? [],
    })),
  );
}
