// Lines that a unit's containers wrote.
import type { Unit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { selectUnits } from "../engine/release.ts";
import type { LogLine, LogQuery } from "../target.ts";
import type { Runtime } from "../types.ts";
import type { InspectOptions } from "./history-types.ts";

export type ReadLogsOptions = InspectOptions & {
  readonly unit: string;
  /** The newest so many lines to begin with, at most 1000. */
  readonly limit: number;
  /** Goes on with new lines until the signal is aborted. */
  readonly follow: boolean;
};

const pollMs = 2000;
/** Lines arrive late and out of order: so far back they are asked for again. */
const overlapMs = 15_000;
const pageLines = 1000;

/**
 * Lines of a unit, oldest first. Following ends without an error when the signal is aborted.
 * @throws {DeployError} `usage` for a unit that runs nothing
 */
export async function* readLogs({ follow, limit, ...options }: ReadLogsOptions): AsyncGenerator<LogLine> {
  const { stack, target, signal, runtime, unit: name } = options;
  const [unit] = selectUnits(stack.units, [name]);
  const query = logQuery(unit, name);
  const call = { signal, subject: `logs of "${name}" in ${stack.environment.name}` };
  const startedAt = runtime.now();
  let shown = new Map<string, string>();
  let lines: readonly LogLine[] | undefined = await target.logs.read({ ...query, limit }, call);
  while (lines) {
    const fresh = lines.filter(({ id }) => !shown.has(id));
    yield* fresh;
    if (!follow) return;
    const since = new Date(
      latestOf([...shown.values(), ...fresh.map(({ at }) => at)], startedAt) - overlapMs,
    ).toISOString();
    shown = new Map([...shown, ...fresh.map(({ id, at }) => [id, at] as const)].filter(([, at]) => isSince(at, since)));
    lines = await nextLines(() => target.logs.read({ ...query, since, limit: pageLines }, call), runtime, signal);
  }
}

/** After a pause; undefined: following was ended. */
async function nextLines(
  read: () => Promise<readonly LogLine[]>,
  { sleep }: Pick<Runtime, "sleep">,
  signal: AbortSignal,
): Promise<readonly LogLine[] | undefined> {
  try {
    await sleep(pollMs, signal);
    return await read();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

const isSince = (at: string, since: string): boolean => Date.parse(at) >= Date.parse(since);
const latestOf = (instants: readonly string[], startedAt: Date): number =>
  Math.max(startedAt.getTime(), ...instants.map((at) => Date.parse(at)));

function logQuery(unit: Unit | undefined, name: string): Pick<LogQuery, "kind" | "name"> {
  switch (unit?.kind) {
    case "service":
    case "job":
      return { kind: unit.kind, name: unit.resource };
    case "worker":
      return { kind: unit.as === "service" ? "service" : "worker", name: unit.resource };
    default:
      throw new DeployError("usage", {
        subject: `unit "${name}"`,
        message: "runs nothing, so it has no logs",
        hint: "name a service, a worker or a job",
      });
  }
}
