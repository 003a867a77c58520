// Everything that is done to an environment in its life, by the SDK, against a real cloud: what it calls on the way is
// what the table of faults must know, and what it leaves is what reads are asked for.
import { join } from "node:path";
import { defineStack, resolveStack, type Stack, type WrittenStack } from "@slipway/config";
import type { PermissionUse } from "@slipway/local-cloud";
import { systemRuntime } from "../../src/engine/runtime.ts";
import { createTarget, type GoogleTarget } from "../../src/google/create-target.ts";
import { loopbackCredentials } from "../../src/google/credentials.ts";
import { readHistory } from "../../src/history/read-history.ts";
import { readLogs } from "../../src/history/read-logs.ts";
import { readStatus } from "../../src/history/read-status.ts";
import { deployerAccount } from "../../src/provision/grants.ts";
import { provision } from "../../src/provision/provision.ts";
import { listSecrets } from "../../src/secret/list-secrets.ts";
import { SecretValue } from "../../src/secret/secret-value.ts";
import { setSecret } from "../../src/secret/set-secret.ts";
import { syncBucket } from "../../src/sync/sync-bucket.ts";
import type { TestCloud } from "../support/cloud.ts";
import type { NodeWorkspace } from "../support/node-workspace.ts";
import { inspect, releaseTo, rollbackIn } from "../support/releases.ts";

const container = { project: "apps/api", image: "backend" };
/** All that is released but the site. With an `image` that exists: in a project where nothing was provisioned. */
export const releaseStack = (name: string, image: string | undefined, version: string): WrittenStack => ({
  name,
  region: "europe-west1",
  environments: {
    local: { project: name, endpoint: "http://127.0.0.1:1", gate: { passes: 1, timeout: "30s" } },
  },
  images: {
    backend: image
      ? { build: "none", project: "apps/api", reference: image }
      : { build: "node", project: "apps/api", entry: "src/main.ts" },
  },
  jobs: { migrate: { ...container, args: ["migrate"], env: { VERSION: version } } },
  services: { api: { ...container, args: ["api"], public: image === undefined, env: { VERSION: version } } },
  workers: { worker: { ...container, args: ["worker"], env: { VERSION: version } } },
});

/** And all that there is to provision. */
const wholeStack = (version: string, cacheControl: string): WrittenStack => {
  const base = releaseStack("shop", undefined, version);
  return defineStack({
    ...base,
    environments: { local: { ...base.environments["local"], project: "shop-local", redis: { kind: "memorystore" } } },
    database: { version: "POSTGRES_15" },
    redis: { kind: "external" },
    secrets: {
      DATABASE_URL: { source: "database" },
      REDIS_URL: { source: "redis" },
      KEY: { source: "generated", format: "fernet", rotation: "never" },
      TOKEN: {},
    },
    services: { api: { ...container, ...base.services?.["api"], secrets: ["KEY"] } },
    sites: {
      web: { project: "apps/web", bucket: "shop.example.com", headers: { "robots.txt": { cacheControl } } },
    },
  });
};

const program = `import { createServer } from "node:http";
const mode = process.argv[2];
process.once("SIGTERM", () => process.exit(0));
const about = { status: "pass", revision: process.env["K_REVISION"], version: process.env["VERSION"] };
if (mode === "worker") setInterval(() => {}, 1000);
else if (mode !== "migrate")
  createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/health+json" });
    response.end(JSON.stringify(about));
  }).listen(Number(process.env["PORT"]));
`;

export type Life = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  /** By digest. */
  readonly image: string;
  /** Methods that were called, by their names in the cloud. */
  readonly called: readonly string[];
  /** Permissions that were used until then. */
  readonly uses: readonly PermissionUse[];
  /** What the last provisioning and release would still have to do. */
  readonly left: readonly string[];
};

export async function liveWholeLife(
  cloud: TestCloud,
  workspace: NodeWorkspace,
  onEnd: (cleanup: () => Promise<void>) => void,
): Promise<Life> {
  const { signal } = new AbortController();
  const stackOf = (version: string, cacheControl = "no-cache"): Stack =>
    resolveStack(wholeStack(version, cacheControl), "local", { endpoint: cloud.url });
  const stack = stackOf("1");
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  onEnd(() => target.close());
  // Releases are the deployer's, who may do less than who provisions.
  const deployer = createTarget(stack, {
    ...{ signal, runtime: systemRuntime },
    credentials: loopbackCredentials(deployerAccount(stack)),
  });
  onEnd(() => deployer.close());
  const common = { target, workspace: workspace.root, signal, runtime: systemRuntime, emit: () => {} };
  const provisioned = () => provision({ ...common, stack, mode: "apply" });
  const release = async (of: Stack) => succeeded(await releaseTo(deployer, of, { workspace: workspace.root }));
  const page = async (version: string): Promise<void> => {
    const script = `assets/index-Hash${version}Zz.js`;
    await workspace.write("apps/web/dist/index.html", `<script type="module" src="/${script}"></script>`);
    await workspace.write(`apps/web/dist/${script}`, `/* ${version} */`);
    await workspace.write("apps/web/dist/robots.txt", "User-agent: *\n");
  };

  await workspace.write("apps/api/src/main.ts", program);
  await page("One");
  await provisioned();
  await setSecret({ stack, target, name: "TOKEN", value: new SecretValue("confidential"), signal });
  await release(stack);
  // Somebody has changed by hand what provisioning puts back.
  const website = {
    api: "storage",
    method: "PATCH",
    path: "/storage/v1/b/shop.example.com",
    subject: "by hand",
  } as const;
  await (await target.google.transport.request({ ...website, json: { website: null } })).discard();
  await provisioned();
  await page("Two");
  const second = stackOf("2", "max-age=60");
  await release(second);
  await readStatus(inspect(deployer, second));
  await readHistory({ ...inspect(deployer, second), limit: 10 });
  for (const unit of ["api", "worker", "migrate"])
    for await (const _line of readLogs({ ...inspect(deployer, second), unit, limit: 10, follow: false }));
  await listSecrets({ stack: second, target: deployer, signal });
  for (const unit of ["web", "worker", "api"])
    succeeded(await rollbackIn(deployer, second, { unit, workspace: workspace.root }));
  const store = target.objects("shop", "the bucket of a sync");
  await (
    await target.google.transport.request({
      api: "storage",
      method: "POST",
      path: "/storage/v1/b?project=shop-local",
      json: { name: "shop" },
      subject: "by hand",
    })
  ).discard();
  const synced = { store, folder: join(workspace.root, "apps/web/dist"), now: () => new Date(), signal };
  await syncBucket(synced);
  await release(second);

  const { calls } = await cloud.counters();
  const uses = await cloud.permissionUses();
  const again = await provision({ ...common, stack, mode: "plan" });
  const last = await releaseTo(deployer, second, { workspace: workspace.root });
  const left = [
    ...again.changes.filter(({ kind }) => kind !== "keep").map(({ resource }) => resource),
    ...last.results.filter(({ status }) => status !== "unchanged").map(({ unit }) => unit),
  ];
  const built = last.results.find(({ unit }) => unit === "backend");
  const image = `${stack.registry.path}/backend@${built && "version" in built ? built.version : ""}`;
  return { stack, target, image, called: Object.keys(calls).toSorted(), uses, left };
}

function succeeded({ results }: Awaited<ReturnType<typeof releaseTo>>): void {
  const failed = results.find((result) => result.status === "failed");
  if (failed) throw failed.error;
}
