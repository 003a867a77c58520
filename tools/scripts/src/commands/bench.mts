// `pnpm bench`: what a person waits for, as medians of five, with what is counted.
import { mkdtemp, rename, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { createCommand } from "../command.mts";
import { findCloud, stopCloud } from "../local/client.mts";
import { formatBytes, formatDuration } from "../present/format.mts";
import { table } from "../present/status.mts";
import { runCommand } from "../run-command.mts";
import { workspace } from "../workspace.mts";

type Up = {
  readonly tookMs: number;
  readonly phases: Readonly<Record<"cloudMs" | "provisionMs" | "deployMs" | "verifyMs", number>>;
};

/** One round: everything from nothing, then again from what is there. All times in milliseconds, memory in bytes. */
type Round = {
  readonly fresh: number;
  readonly fullDeploy: number;
  readonly warm: number;
  readonly noop: number;
  readonly memory: number;
};

const cells: readonly { readonly key: keyof Round; readonly what: string; readonly aim: string }[] = [
  {
    key: "fresh",
    what: "fresh bring-up: empty cloud and empty caches of layers, dependencies installed; start to verified health",
    aim: "-",
  },
  {
    key: "fullDeploy",
    what: "full deploy, layers cached: `nx run-many -t deploy` into a cloud that was only provisioned",
    aim: "10 s",
  },
  {
    key: "warm",
    what: "warm start: `npm start -- --once` on the state of the last, without npm and installation checks",
    aim: "3 s",
  },
  { key: "noop", what: "no-op: `nx run-many -t deploy` with everything as it should be", aim: "2 s" },
  { key: "memory", what: "memory of the local cloud at rest, without its databases and services", aim: "150 MB" },
];

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
};

const shell = $({ cwd: workspace, quiet: true, stdio: ["ignore", "pipe", "pipe"] });

async function up(dataDir: string): Promise<Up> {
  const { stdout } = await shell`node tools/scripts/src/main.mjs up --once --json --port 0 --data-dir ${dataDir}`;
  const result = stdout.split("\n").findLast((line) => line.includes('"phases"'));
  return JSON.parse(result ?? "").result;
}

/** The deploy as it is typed, against a cloud that runs already. */
async function noopDeploy(dataDir: string, signal: AbortSignal): Promise<number> {
  await shell`node tools/scripts/src/main.mjs local start --port 0 --data-dir ${dataDir}`;
  const cloud = await findCloud(dataDir);
  if (!cloud) throw new Error("the local cloud did not start");
  try {
    const env = { ...process.env, DEPLOY_ENV: "local", DEPLOY_ENDPOINT: cloud.server.url };
    const startedAt = performance.now();
    await $({ cwd: workspace, quiet: true, env, stdio: ["ignore", "pipe", "pipe"] })`nx run-many -t deploy`;
    return performance.now() - startedAt;
  } finally {
    await stopCloud(cloud.server, signal);
  }
}

async function memoryAtRest(folder: string): Promise<number> {
  const dataDir = join(folder, "rest");
  await shell`node tools/scripts/src/main.mjs local start --port 0 --data-dir ${dataDir}`;
  const cloud = await findCloud(dataDir);
  if (!cloud) throw new Error("the local cloud did not start");
  await stopCloud(cloud.server, AbortSignal.timeout(60_000));
  return cloud.status.memoryBytes;
}

/** Works without the workspace's layer cache, which comes back whatever happens. */
async function withoutCache<Value>(work: () => Promise<Value>): Promise<Value> {
  const cache = join(workspace, ".local/cache");
  const aside = join(workspace, `.local/cache-aside-${process.pid}`);
  const moved = await rename(cache, aside).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (moved) {
      await rm(cache, { recursive: true, force: true });
      await rename(aside, cache);
    }
  }
}

async function measureRound(signal: AbortSignal): Promise<Round> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  try {
    const fresh = await withoutCache(() => up(join(folder, "fresh")));
    const state = join(folder, "state");
    const full = await up(state);
    const warm = await up(state);
    return {
      fresh: fresh.tookMs,
      fullDeploy: full.phases.deployMs,
      warm: warm.tookMs,
      noop: await noopDeploy(state, signal),
      memory: await memoryAtRest(folder),
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const options = createCommand("pnpm bench", "Measures what a person waits for. Run it when nothing else does.", [
  "pnpm bench",
  "pnpm bench --rounds 1 --json",
])
  .option("--rounds <count>", "medians of so many", "5")
  .option("--json", "the figures as JSON", false)
  .parse()
  .opts<{ readonly rounds: string; readonly json: boolean }>();

await runCommand(options, async ({ signal, present }) => {
  const rounds: Round[] = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    present.line(`round ${round} of ${options.rounds}`);
    rounds.push(await measureRound(signal));
    signal.throwIfAborted();
  }
  const figures = cells.map(({ key, what, aim }) => ({
    key,
    what,
    aim,
    median: median(rounds.map((round) => round[key])),
    rounds: rounds.map((round) => round[key]),
  }));
  const machine = `${cpus().length} cores, ${formatBytes(totalmem())}, Node ${process.version}`;
  present.result({ machine, figures }, () =>
    [
      machine,
      table([
        ["median", "aim", "what"],
        ...figures.map(({ key, median: value, aim, what }) => [
          key === "memory" ? formatBytes(value) : formatDuration(value),
          aim,
          what,
        ]),
      ]),
    ].join("\n"),
  );
  return 0;
});
