// A task's end of the line: has its unit released by the process that does so for the whole run, and says what that says.
// It loads nothing else, which is what it is for.
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { PresentedError } from "../present/error.mts";
import { createPresenter } from "../present/presenter.mts";
import { killedExitCode, type UnitAnswer, type UnitRequest, variablesOf } from "./protocol.mts";

const retryMs = 10;
/** Past it the process is taken for dead: killed before it listened, it leaves its folder. */
const startMs = 20_000;

/** undefined: nobody is there. Begun together with the first task, the process may still be starting. */
async function connectTo(path: string): Promise<Socket | undefined> {
  const deadline = performance.now() + startMs;
  while (existsSync(dirname(path)) && performance.now() < deadline) {
    const socket = connect(path);
    const failure = await new Promise<string | undefined>((resolve) => {
      socket.once("connect", () => resolve(undefined));
      socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""));
    });
    if (failure === undefined) return socket;
    // The socket of a process that is gone.
    if (failure === "ECONNREFUSED") return undefined;
    await sleep(retryMs);
  }
  return undefined;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal asks for a stop at a safe point, by ending this half of the line; a second one ends this process. */
function stopOnSignals(socket: Socket): { readonly wasAsked: () => boolean; readonly end: () => void } {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(130);
    asked = true;
    socket.end();
  };
  for (const signal of signals) process.on(signal, stop);
  return {
    wasAsked: () => asked,
    end: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}

type Followed = { readonly answered: boolean; readonly exitCode?: number };

/** Says what is answered. Ends with the exit code, or without one where the line breaks. */
async function follow(socket: Socket): Promise<Followed> {
  let answered = false;
  try {
    for await (const line of createInterface({ input: socket })) {
      answered = true;
      const answer: UnitAnswer = JSON.parse(line);
      if ("exitCode" in answer) return { answered, exitCode: answer.exitCode };
      if ("stdout" in answer) process.stdout.write(answer.stdout);
      else process.stderr.write(answer.stderr);
    }
  } catch {
    // Reset, or broken in the middle of an answer: the same as its end.
  }
  return { answered };
}

/**
 * The exit code of the release; undefined where this task has to do it by itself, for nobody does it for the run, or not
 * with this task's environment. Who does it by itself also minds the signals.
 */
export async function relayUnit(unit: string, path: string): Promise<number | undefined> {
  const socket = await connectTo(path);
  if (!socket) return undefined;
  const stop = stopOnSignals(socket);
  const { isTTY = false, columns } = process.stderr;
  const request: UnitRequest = { unit, variables: variablesOf(process.env), isTTY, columns };
  socket.on("error", () => {}).write(`${JSON.stringify(request)}\n`);
  const { answered, exitCode } = await follow(socket);
  stop.end();
  if (exitCode !== undefined) return exitCode;
  if (stop.wasAsked()) return 130;
  if (!answered) return undefined;
  const json = process.env["DEPLOY_JSON"] === "1";
  createPresenter(process, { json, color: false, now: () => performance.now() }).error(killed(unit));
  return killed(unit).exitCode;
}

/** Not a bug of ours, and not a refusal: from outside, as by a machine that is short of memory. */
const killed = (unit: string): PresentedError => ({
  exitCode: killedExitCode,
  code: "aborted",
  subject: `unit "${unit}"`,
  message: "the process that released it was killed",
  details: [],
  hint: "run it again: it goes on from what is done. If it is killed again, the machine may be short of memory (dmesg)",
});
