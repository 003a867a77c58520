// What is judged on one running stack, commit after commit: each begins with what the one before it left.
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { UnitStatus } from "@slipway/deploy-sdk";
import { expect } from "vitest";
import { commitAll } from "../support/clone-workspace.ts";
import { type Finished, type RunOptions, runProcess, runScript } from "../support/run-command.ts";
import { type Place, readUnits, startStack, type UpStack } from "../support/stack-up.ts";

export type Units = ReadonlyMap<string, UnitStatus>;

export type Session = {
  readonly stack: UpStack;
  /** Addresses of the API and of the page. */
  readonly api: string;
  readonly site: string;
  /** What the first release left. */
  readonly first: Units;
  readonly units: () => Promise<Units>;
  /** For processes in the clone. */
  readonly options: RunOptions;
  readonly script: (name: string, ...args: readonly string[]) => Promise<Finished>;
  readonly nx: (...args: readonly string[]) => Promise<Finished>;
  /** Adds text to a file of the clone. */
  readonly append: (path: string, text: string) => Promise<void>;
  readonly commit: (message: string) => Promise<void>;
  readonly fileOf: (path: string) => string;
};

/** Once the stack is up. */
export type UseSession = () => Session;

export async function createSession(place: Place): Promise<Session> {
  const { clone } = place;
  const stack = await startStack(place);
  const first = await readUnits(stack);
  const options = { cwd: clone, env: stack.env, timeoutMs: 240_000 };
  const fileOf = (path: string): string => join(clone, path);
  return {
    ...{ stack, first, options, fileOf },
    api: first.get("api")?.url ?? "",
    site: first.get("frontend")?.url ?? "",
    units: () => readUnits(stack),
    script: (name, ...args) => runScript(name, args, options),
    nx: (...args) => runProcess(["nx", ...args], options),
    append: (path, text) => appendFile(fileOf(path), text),
    commit: (message) => commitAll(clone, message),
  };
}

export const version = (of: Units, unit: string): string => of.get(unit)?.version ?? "";

export async function succeeds(running: Promise<Finished>): Promise<Finished> {
  const finished = await running;
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
  return finished;
}
