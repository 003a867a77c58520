// The whole stack up, as `npm start` brings it up, for tests that look at it from outside.
import type { UnitStatus } from "@slipway/deploy-sdk";
import { type Finished, type Running, runScript, startProcess, workspace } from "./run-command.ts";
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

export type Place = { readonly dataDir: string; readonly port: number };

/** `npm start -- --once --json`. */
export const upOnce = ({ dataDir, port }: Place): Promise<Finished> =>
  runScript("up", ["--once", "--json", "--port", String(port), "--data-dir", dataDir], { timeoutMs: 300_000 });

export type UpStack = Running & { readonly endpoint: string; readonly env: Readonly<Record<string, string>> };

export type StartOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

/** `npm start`, once it is ready and serves. */
export async function startStack(
  { dataDir, port }: Place,
  { cwd = workspace, env = {} }: StartOptions = {},
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
  return { ...running, finished, endpoint, env: { ...env, DEPLOY_ENV: "local", DEPLOY_ENDPOINT: endpoint } };
}

/** As Ctrl-C does, waited for; nothing where none was started. */
export async function stopStack(stack: Running | undefined): Promise<void> {
  stack?.child.kill("SIGTERM");
  await stack?.finished;
}

/** What serves, by unit. */
export async function readUnits({ env }: UpStack, cwd = workspace): Promise<ReadonlyMap<string, UnitStatus>> {
  const status = resultOf<readonly UnitStatus[]>(await runScript("status", ["--json"], { env, cwd }));
  return new Map(status.map((unit) => [unit.unit, unit]));
}
