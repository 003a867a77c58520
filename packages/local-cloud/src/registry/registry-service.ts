// The container registry: OCI distribution 1.1 at /v2/, on Artifact Registry's hosts and on the cloud's own.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
import { join } from "node:path";
import type { ImageSource } from "../runtime/image-source.ts";
import type { CloudContext, CloudService } from "../server/types.ts";
import { createBlobFiles } from "./blob-files.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { createImageSource } from "./image-source.ts";
import type { FindRepositories } from "./locate-image.ts";
import type { ImageName } from "./names.ts";
import { renderGoogleError } from "./oci-error.ts";
import { registryRoutes } from "./registry-routes.ts";
import { UploadSessions } from "./upload-sessions.ts";

export type Registry = {
  readonly service: CloudService;
  readonly images: ImageSource;
  readonly catalog: Catalog;
  /** Asks for a collection of garbage soon, after images were removed by another way than this service's. */
  readonly sweep: () => void;
  /** Bytes of all that a repository's images hold, each blob once. */
  readonly repositoryBytes: (repository: Omit<ImageName, "image">) => number;
};

/** @param find repositories that Artifact Registry has. */
export function createRegistry(context: CloudContext, find: FindRepositories): Registry {
  const { store, dataDir, now, log } = context;
  const files = createBlobFiles(join(dataDir, "registry"));
  const catalog = createCatalog(store);
  const uploads = new UploadSessions(store, files);
  const state = { catalog, files, uploads, now };
  const sweeper = createSweeper(() => collectGarbage(state), log);
  const registry = { ...state, find, sweep: sweeper.sweep, authorize: context.authorize };
  const isOwnHost = (host: string): boolean => isLoopbackAddress(host, context.port());
  return {
    catalog,
    sweep: sweeper.sweep,
    repositoryBytes: ({ project, location, repository }) => {
      const images = catalog.listImages(`${project}/${location}/${repository}/`);
      const held = images.flatMap(({ name }) => catalog.listManifests(name));
      const digests = new Set(held.flatMap(({ digest, blobs }) => [digest, ...blobs]));
      return [...digests].reduce((sum, digest) => sum + (files.sizeBytes(digest) ?? 0), 0);
    },
    images: createImageSource({ ...state, find, isOwnHost }),
    service: {
      api: "docker.pkg.dev",
      routes: registryRoutes(registry),
      renderError: renderGoogleError,
      start: async () => sweeper.sweep(),
      stop: sweeper.stop,
    },
  };
}

const isLoopbackAddress = (host: string, port: number): boolean =>
  [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(host);

/** Runs one sweep at a time; one that is asked for meanwhile follows it. */
function createSweeper(run: () => Promise<void>, log: (line: string) => void) {
  let running: Promise<void> = Promise.resolve();
  let waiting = false;
  let stopped = false;
  const once = async (): Promise<void> => {
    waiting = false;
    if (stopped) return;
    await run().catch((error: unknown) => log(`registry: collecting garbage failed: ${String(error)}`));
  };
  return {
    sweep: (): void => {
      if (waiting || stopped) return;
      waiting = true;
      running = running.then(once);
    },
    stop: async (): Promise<void> => {
      stopped = true;
      await running;
    },
  };
}
