// What the ingress costs: requests a second and latency through it, and straight to the same process, over one connection
// and over many. Client, cloud and container share this machine. Prints one line of JSON, for `pnpm bench cloud`.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { location, parent, project, startRunCloud } from "../test/run-cloud.ts";

type Result = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

const durationMs = 2_000;
const run = promisify(execFile);

const load = async (port: number, host: string, connections: number, address: string): Promise<Result> => {
  const script = join(import.meta.dirname, "http-load.ts");
  const { stdout } = await run(process.execPath, [
    script,
    String(port),
    host,
    String(connections),
    String(durationMs),
    address,
  ]);
  return JSON.parse(stdout) as Result;
};

const script = `
const body = JSON.stringify({ status: "pass", version: "1", releaseId: "bench" });
require("http").createServer((request, response) => {
  response.writeHead(200, { "content-type": "application/health+json", "content-length": body.length }).end(body);
}).listen(process.env.PORT);`;

const folder = mkdtempSync(join(tmpdir(), "bench-ingress-"));
const cleanups: (() => Promise<void> | void)[] = [];
try {
  const {
    cloud,
    run: cloudRun,
    images,
    clients,
  } = await startRunCloud({ folder, onEnd: (cleanup) => void cleanups.push(cleanup) });
  const image = await images.add("bench", [{ name: "app/main.js", content: script }], {
    Entrypoint: ["node", "/app/main.js"],
  });
  const service = {
    invokerIamDisabled: true,
    template: { containers: [{ image }], scaling: { minInstanceCount: 1, maxInstanceCount: 1 } },
  };
  const [operation] = await clients.services.createService({ parent, serviceId: "bench", service });
  const [created] = await operation.promise();
  const lease = cloudRun.engine.fleet.tryAcquire(created.latestReadyRevision ?? "");
  if (lease === undefined) throw new Error(`no instance of ${project}'s service in ${location}`);
  lease.release();
  const { host } = new URL(created.uri ?? "");
  const both = async (connections: number): Promise<Record<"bare" | "through", Result>> => ({
    bare: await load(lease.address.port, host, connections, lease.address.host),
    through: await load(cloud.port, host, connections, "127.0.0.1"),
  });
  process.stdout.write(`${JSON.stringify({ one: await both(1), many: await both(32) })}\n`);
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
}
