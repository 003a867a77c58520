// What the ingress costs: requests a second and latency through it, and straight to the same process. Client, cloud and
// container share this machine. Medians of five, by turns, so that both see the same neighbours.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { location, parent, project, startRunCloud } from "../test/run-cloud.ts";

type Result = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

const rounds = 5;
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

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const medianOf = (results: readonly Result[]): Result => ({
  perSecond: median(results.map(({ perSecond }) => perSecond)),
  p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
});

const line = (name: string, { perSecond, p50Ms, p99Ms }: Result): string =>
  `${name.padEnd(28)} ${perSecond.toFixed(0).padStart(8)}/s   p50 ${p50Ms.toFixed(2).padStart(6)} ms   p99 ${p99Ms.toFixed(2).padStart(6)} ms\n`;

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
  for (const connections of [1, 32]) {
    const bare: Result[] = [];
    const through: Result[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await load(lease.address.port, host, connections, lease.address.host));
      through.push(await load(cloud.port, host, connections, "127.0.0.1"));
    }
    const [direct, proxied] = [medianOf(bare), medianOf(through)];
    process.stdout.write(`${connections} connections, ${availableParallelism()} processors\n`);
    process.stdout.write(line("  straight to the process", direct) + line("  through the ingress", proxied));
    const share = (proxied.perSecond / direct.perSecond) * 100;
    process.stdout.write(
      `  ${share.toFixed(0)} % of its requests a second, ${(proxied.p50Ms - direct.p50Ms).toFixed(2)} ms added at the median\n`,
    );
  }
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
}
