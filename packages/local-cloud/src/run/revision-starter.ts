// Brings a new revision to its verdict: its image pinned, its secrets readable, one instance started.

import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import type { ImageSource } from "../runtime/image-source.ts";
import { GoogleError } from "../server/google-error.ts";
import { type EnvironmentSources, resolveEnvironment } from "./container-environment.ts";
import type { Fleet } from "./fleet.ts";
import type { PoolLimits } from "./instance-pool.ts";
import type { PinnedImage, Revision } from "./model.ts";
import { parseResource } from "./resource-names.ts";
import { imageMissing, platformFailed, type StartFailure, secretUnreadable } from "./start-failure.ts";
import { createWorkload, type Workload } from "./workload.ts";

export type RevisionVerdict =
  | { readonly ready: true; readonly image: PinnedImage }
  | { readonly ready: false; readonly failure: StartFailure; readonly image?: PinnedImage };

export type RevisionStart = {
  readonly revision: Revision;
  readonly limits: PoolLimits;
  /** Known from an earlier attempt. */
  readonly pinned: PinnedImage | undefined;
  /** Is an instance to be started, to see whether it does? */
  readonly check: boolean;
};

export type RevisionStarter = {
  /** Never rejects, but when aborted. */
  readonly start: (start: RevisionStart, signal: AbortSignal) => Promise<RevisionVerdict>;
};

export type RevisionStarterOptions = EnvironmentSources & {
  readonly images: ImageSource;
  readonly runtime: ContainerRuntime;
  readonly fleet: Fleet;
};

/** `host/path:tag` with the digest that the tag means now. */
export const pinReference = (image: string, digest: string): string =>
  `${image.replace(/@.*$/, "").replace(/:[^/:]+$/, "")}@${digest}`;

export function createRevisionStarter({ images, runtime, fleet, ...sources }: RevisionStarterOptions): RevisionStarter {
  const checkSecrets = ({ container, template, owner }: Workload): StartFailure | undefined => {
    try {
      resolveEnvironment(container, template, owner.project, sources);
      return undefined;
    } catch (error) {
      if (error instanceof GoogleError) return secretUnreadable(error.message);
      throw error;
    }
  };

  const start: RevisionStarter["start"] = async ({ revision, limits, pinned, check }, signal) => {
    const reference = revision.containers?.[0]?.image ?? "";
    const image = pinned ?? (await images.resolve(reference));
    if (image === undefined) return { ready: false, failure: imageMissing(reference) };
    const workload = createWorkload(revision, image);
    const unreadable = checkSecrets(workload);
    if (unreadable !== undefined) return { ready: false, failure: unreadable, image };
    await runtime.prepare(image);
    signal.throwIfAborted();
    if (!check) return { ready: true, image };
    const result = await fleet.check(revision.name, workload, limits);
    signal.throwIfAborted();
    if (result.ready) return { ready: true, image };
    fleet.close(revision.name, 0);
    return { ready: false, failure: result.failure, image };
  };

  return {
    start: async (request, signal) => {
      try {
        return await start(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        const { id } = parseResource(request.revision.name);
        return {
          ready: false,
          failure: platformFailed(`Container import of ${id} failed: ${(error as Error).message}`),
        };
      }
    },
  };
}
