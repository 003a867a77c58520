import { resolveStack, type Stack, type WrittenStack } from "@slipway/config";

/** An image reference whose digest is one character, repeated. */
export const imageOf = (version: string): string => `example.com/shop/api@sha256:${version.repeat(64)}`;

/** Image, migration, API and worker: everything that has no files. */
export const shopStack = (version: string, written: Partial<WrittenStack> = {}): Stack =>
  resolveStack(
    {
      name: "shop",
      region: "europe-west1",
      environments: {
        local: { project: "shop-local", endpoint: "http://127.0.0.1:1", gate: { passes: 1, timeout: "1s" } },
        production: { project: "shop-production", endpoint: "http://127.0.0.1:1", gate: { passes: 1, timeout: "1s" } },
      },
      images: { backend: { build: "none", project: "apps/backend", reference: imageOf(version) } },
      jobs: { migrate: { project: "apps/backend", image: "backend", args: ["migrate"] } },
      services: { api: { project: "apps/backend", image: "backend", args: ["api"], public: true } },
      workers: { worker: { project: "apps/backend", image: "backend", args: ["worker"] } },
      ...written,
    },
    "local",
  );
