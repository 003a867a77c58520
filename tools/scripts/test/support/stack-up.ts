// The whole stack up, as `npm start` brings it up, for tests that look at it from outside.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UnitStatus } from "@slipway/deploy-sdk";
import { cloneWorkspace } from "./clone-workspace.ts";
import { findFreePort } from "./free-port.ts";
import { type Finished, type Running, runScript, startProcess } from "./run-command.ts";
import { waitFor } from "./wait-for.ts";

export type UpResult = {
  readonly cloud: string;
  readonly tookMs: number;
  readonly counters: {
    readonly requests: number;
    readonly writes: { readonly total: number; readonly byService: object };
  };
  readonly status: readonly UnitStatus[];
};

export const resultOf = <Value>({ events, stdout, stderr }: Finished): Value => {
  const result = events.findLast(({ type, result }) => type === "result" && result !== undefined);
  if (!result) throw new Error(`no result in:\n${stdout}\n${stderr}`);
  return result["result"] as Value;
};

/** Where one test file brings a stack up: nothing of it is shared, so that files can run at the same time. */
export type Place = {
  /** For whatever the test writes; the others are in it. */
  readonly folder: string;
  /** Nx builds into the workspace, so each stack has a workspace of its own. */
  readonly clone: string;
  readonly dataDir: string;
  readonly port: number;
  readonly remove: () => Promise<void>;
};

export async function createPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-stack-"));
  return {
    folder,
    clone: await cloneWorkspace(join(folder, "clone")),
    dataDir: join(folder, "cloud"),
    port: await findFreePort(),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** `npm start -- --once --json`. */
export const upOnce = (
  { clone, dataDir, port }: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> =>
  runScript("up", ["--once", "--json", "--port", String(port), "--data-dir", dataDir], {
    ...{ cwd: clone, env },
    timeoutMs: 300_000,
  });

export type UpStack = Running & {
  readonly endpoint: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

/** `npm start`, once it is ready and serves. */
export async function startStack(
  { clone: cwd, dataDir, port }: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<UpStack> {
  const running = startProcess(
    ["node", "tools/scripts/src/main.mjs", "up", "--port", String(port), "--data-dir", dataDir],
    { cwd, env, timeoutMs: 600_000 },
  );
  let ended = false;
  const finished = running.finished.finally(() => {
    ended = true;
  });
  const ready = waitFor(
    "the stack to be ready",
    () => {
      if (ended) throw new Error(`it ended:\n${running.output()}`);
      return running.output().includes("ready in") || undefined;
    },
    180_000,
  );
  await ready.catch(async (error: unknown) => {
    await stopStack({ ...running, finished });
    throw error;
  });
  const endpoint = /local cloud {2}(http:\S+)/.exec(running.output())?.[1] ?? "";
  return { ...running, finished, endpoint, cwd, env: { ...env, DEPLOY_ENV: "local", DEPLOY_ENDPOINT: endpoint } };
}

/** As Ctrl-C does, waited for; nothing where none was started. */
export async function stopStack(stack: Running | undefined): Promise<void> {
  stack?.child.kill("SIGTERM");
  await stack?.finished;
}

/** What serves, by unit. */
export async function readUnits({ env, cwd }: UpStack): Promise<ReadonlyMap<string, UnitStatus>> {
  const status = resultOf<readonly UnitStatus[]>(await runScript("status", ["--json"], { env, cwd }));
  return new Map(status.map((unit) => [unit.unit, unit]));
}
