// Keeps one child process running: waits until it is ready, starts it again with growing pauses when it ends by itself,
// and ends it when it is told to.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "./dies-with-parent.ts";

export type ProcessSpec = {
  /** For messages: `postgres "botbalance-db"`. */
  readonly subject: string;
  readonly command: Command;
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: StdioOptions;
  /** Called once the child has its own copies of what `stdio` names. */
  readonly onSpawn?: () => void;
  /** Does it answer yet? Asked again and again until it does; a rejection counts as no. */
  readonly isReady: (signal: AbortSignal, pid: number) => Promise<boolean>;
  readonly readyTimeoutMs: number;
  /** Asks it to end; SIGKILL follows after `stopTimeoutMs`. */
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
};

export type SupervisorOptions = {
  /** Called before every start, the first and those after a crash: ports and leftovers may have changed. */
  readonly prepare: () => ProcessSpec | Promise<ProcessSpec>;
  readonly log: (line: string) => void;
};

export type SupervisedProcess = {
  /** Resolves when it is ready; rejects, and leaves nothing running, when it ends or is not ready in time. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Is it up and has it been ready? */
  readonly isRunning: () => boolean;
};

const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** A process that has lived this long starts with the shortest pause again. */
const settledMs = 30_000;
const readyPollMs = 20;

type Running = { readonly child: ChildProcess; readonly spec: ProcessSpec; readonly exited: Promise<string> };

export const createSupervisedProcess = (options: SupervisorOptions): SupervisedProcess => new Supervisor(options);

class Supervisor implements SupervisedProcess {
  readonly #options: SupervisorOptions;
  #running: Running | undefined;
  #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  /** Starts and stops one after the other, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  readonly isRunning = (): boolean => this.#running !== undefined;

  readonly start = (): Promise<void> =>
    this.#inTurn(async () => {
      if (this.#running) return;
      // One that is being started again after a crash is started anew, at once.
      await this.#end();
      this.#stopping = new AbortController();
      this.#running = await this.#launch();
      this.#watching = this.#watch(this.#stopping.signal);
    });

  readonly stop = (): Promise<void> => {
    // A start in progress ends at once instead of being waited for.
    this.#stopping.abort();
    return this.#inTurn(() => this.#end());
  };

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #launch(): Promise<Running> {
    const { signal } = this.#stopping;
    const started = spawnProcess(await this.#options.prepare());
    try {
      await waitUntilReady(started, signal);
      return started;
    } catch (error) {
      await endProcess(started);
      throw error;
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let pauseMs = firstPauseMs;
    while (this.#running && !signal.aborted) {
      const since = Date.now();
      const how = await this.#running.exited;
      if (signal.aborted) return;
      pauseMs = Date.now() - since > settledMs ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs);
      this.#options.log(`${this.#running.spec.subject} ended by itself (${how}): starting it again`);
      this.#running = undefined;
      this.#running = await this.#revive(signal, pauseMs);
    }
  }

  /** After an end that nobody asked for: once more, until it lasts or is told to stop. */
  async #revive(signal: AbortSignal, firstDelayMs: number): Promise<Running | undefined> {
    for (let pauseMs = firstDelayMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return undefined;
      const started = await this.#launch().catch((error: unknown) => void this.#options.log(String(error)));
      if (started) return started;
    }
    return undefined;
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    if (this.#running) await endProcess(this.#running);
    await this.#watching;
    // It may just have come back.
    if (this.#running) await endProcess(this.#running);
    this.#running = undefined;
  }
}

function spawnProcess(spec: ProcessSpec): Running {
  // A process group of its own: the terminal's Ctrl-C is for this process, which ends the others in their order.
  const child = spawn(spec.command.file, spec.command.args, { env: spec.env, stdio: spec.stdio, detached: true });
  spec.onSpawn?.();
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  return { child, spec, exited };
}

const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined;

async function waitUntilReady({ child, spec, exited }: Running, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(spec.readyTimeoutMs)]);
  const late = new Promise<undefined>((resolve) => {
    if (deadline.aborted) resolve(undefined);
    deadline.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const ended = exited.then((how) => ({ how }));
  while (!deadline.aborted) {
    const asked = spec.isReady(deadline, child.pid ?? 0).catch(() => false);
    const answer = await Promise.race([ended, late, asked]);
    if (typeof answer === "object") throw new Error(`${spec.subject} ended while it was starting (${answer.how})`);
    if (answer === true && !hasEnded(child)) return;
    await Promise.race([ended, late, delay(readyPollMs)]);
  }
  if (signal.aborted) throw new Error(`${spec.subject} was stopped while it was starting`);
  throw new Error(`${spec.subject} was not ready within ${spec.readyTimeoutMs} ms`);
}

async function endProcess({ child, spec, exited }: Running): Promise<void> {
  if (hasEnded(child)) return;
  child.kill(spec.stopSignal);
  const killed = AbortSignal.timeout(spec.stopTimeoutMs);
  killed.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  await exited;
}
