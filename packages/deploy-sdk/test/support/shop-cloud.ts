// A small shop on a real local cloud: one image that is API, worker and migration, built from sources that a test can
// change, and a proxy that holds every request of the SDK against the protos.
import { resolveStack, type Stack, type WrittenStack } from "@slipway/config";
import { expect } from "vitest";
import { systemRuntime } from "../../src/engine/runtime.ts";
import { createTarget, type GoogleTarget } from "../../src/google/create-target.ts";
import { provision } from "../../src/provision/provision.ts";
import { startCloud, type TestCloud } from "./cloud.ts";
import { createNodeWorkspace } from "./node-workspace.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";

export type ShopCloud = {
  readonly cloud: TestCloud;
  readonly proxy: RecordingProxy;
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly workspace: string;
  /** Another source, and with it another image; `how` is what its processes do. */
  readonly write: (version: string, how?: Partial<Behaviour>) => Promise<void>;
  /** The same place with other words in its stack. */
  readonly restack: (change: Partial<WrittenStack>) => Stack;
};

export type Behaviour = {
  readonly api: "healthy" | "unhealthy" | "deaf" | "exits";
  /** `dies`: after it has been taken for started. */
  readonly worker: "works" | "exits" | "dies";
  readonly migrate: "succeeds" | "fails" | "waits";
};

const container = { project: "apps/api", image: "backend" };
export const shop: WrittenStack = {
  name: "shop",
  region: "europe-west1",
  environments: {
    local: { project: "shop-local", endpoint: "http://127.0.0.1:1", gate: { passes: 2, timeout: "3s" } },
  },
  images: { backend: { build: "node", project: "apps/api", entry: "src/main.ts" } },
  jobs: { migrate: { ...container, args: ["migrate"], timeout: "60s" } },
  services: {
    api: {
      ...container,
      args: ["api"],
      public: true,
      env: { SELF: "{services.api.url}" },
      scaling: { min: 0, max: 2 },
      startup: { path: "/live", period: "1s", failures: 3 },
    },
  },
  workers: { worker: { ...container, args: ["worker"] } },
};

const program = (version: string, how: Behaviour): string => `import { createServer } from "node:http";
const how = ${JSON.stringify(how)};
const mode = process.argv[2];
console.log(mode + " of version ${version} in " + (process.env["K_REVISION"] ?? process.env["CLOUD_RUN_EXECUTION"]));
process.once("SIGTERM", () => process.exit(0));
const wait = () => setInterval(() => {}, 1000);
if (mode === "migrate") {
  if (how.migrate === "waits") setTimeout(() => process.exit(0), 2000);
  else process.exit(how.migrate === "fails" ? 3 : 0);
} else if (mode === "worker") {
  if (how.worker === "exits") process.exit(4);
  if (how.worker === "dies") setTimeout(() => process.exit(4), 800);
  wait();
} else if (how.api === "deaf") {
  wait();
} else if (how.api === "exits") {
  process.exit(5);
} else {
  const body = { status: how.api === "healthy" ? "pass" : "fail", revision: process.env["K_REVISION"] };
  createServer((request, response) => {
    const live = request.url === "/live";
    response.writeHead(live || how.api === "healthy" ? 200 : 503, { "content-type": "application/health+json" });
    response.end(JSON.stringify({ ...body, version: "${version}" }));
  }).listen(Number(process.env["PORT"]));
}
`;

/** Ends with what `onEnd` is bound to. Provisioned, nothing released. */
export async function startShop(onEnd: (cleanup: () => Promise<void>) => void): Promise<ShopCloud> {
  const [cloud, workspace] = await Promise.all([startCloud(onEnd), createNodeWorkspace(onEnd, "shared")]);
  const proxy = await startRecordingProxy(cloud);
  onEnd(() => proxy.close());
  const restack = (change: Partial<WrittenStack>): Stack =>
    resolveStack({ ...shop, ...change }, "local", { endpoint: proxy.endpoint });
  const stack = restack({});
  const signal = new AbortController().signal;
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  onEnd(() => target.close());
  const write: ShopCloud["write"] = (version, how = {}) =>
    workspace.write(
      "apps/api/src/main.ts",
      program(version, { api: "healthy", worker: "works", migrate: "succeeds", ...how }),
    );
  await write("1");
  const options = { stack, target, workspace: workspace.root, runtime: systemRuntime, signal, emit: () => {} };
  const report = await provision({ ...options, mode: "apply" });
  expect(report.failures).toEqual([]);
  return { cloud, proxy, stack, target, workspace: workspace.root, write, restack };
}
