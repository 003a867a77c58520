// Which workspace, stack and environment a command works on.
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, defineStack, resolveStack, type Stack, type WrittenStack } from "@slipway/config";
import { DeployError } from "@slipway/deploy-sdk/release";

export const workspace: string = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The environment that a command works on: `--env`, else Nx's `-c` (DEPLOY_CONFIGURATION), else DEPLOY_ENV, else `local`.
 * @throws {DeployError} `usage` where two of them disagree, or `--env` is empty as an unset variable of a script leaves
 * it: a deploy never guesses which was meant.
 */
export function environmentName(flag: string | undefined, variables: Variables): string {
  if (flag === "") {
    throw new DeployError("usage", {
      subject: "--env",
      message: "is empty",
      hint: "name an environment, or leave it out",
    });
  }
  const given = [
    { from: "--env", name: flag },
    { from: "-c", name: variables["DEPLOY_CONFIGURATION"] },
    { from: "DEPLOY_ENV", name: variables["DEPLOY_ENV"] },
  ].filter(({ name }) => name);
  const [first] = given;
  const other = given.find(({ name }) => name !== first?.name);
  if (first && other) {
    throw new DeployError("usage", {
      subject: "the environment",
      message: `${first.from} says "${first.name}" and ${other.from} says "${other.name}"`,
      hint: `give one of them, or the same in both`,
    });
  }
  return first?.name ?? "local";
}

/**
 * The written stack: stack.ts of the workspace, or the file that DEPLOY_STACK names.
 * @throws {ConfigError} `invalid-stack`
 * @throws {DeployError} `usage` where the file cannot be run.
 */
export async function loadWrittenStack(variables: Variables = process.env): Promise<WrittenStack> {
  const file = variables["DEPLOY_STACK"] || "stack.ts";
  const path = isAbsolute(file) ? file : join(workspace, file);
  const module: { readonly default?: WrittenStack } = await withDeadline(import(path), file).catch((error: unknown) => {
    throw error instanceof ConfigError || error instanceof DeployError ? error : unrunnable(file, error);
  });
  // Once more: what the file exports may not come from `defineStack`.
  return defineStack(module.default as WrittenStack);
}

const deadlineMs = 10_000;

/** A file that waits for what never comes would hang every command, or end it without a word. */
async function withDeadline<Value>(work: Promise<Value>, file: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `has not been run to its end within ${deadlineMs / 1000} s`;
  const hint = `correct ${file}: what it awaits must end`;
  const timer = setTimeout(() => reject(new DeployError("usage", { subject: file, message, hint })), deadlineMs);
  // Unseen, `process.exit()` in it would be a deploy that succeeds and does nothing.
  const ended = (): void => {
    process.exitCode = 2;
    console.error(`error  ${file}: has ended the command  [usage]\n  fix  correct ${file}: throw instead of exiting`);
  };
  process.once("exit", ended);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    process.off("exit", ended);
  }
}

/** A mistake in the file, told by its first lines: place, code and message come before the stack of calls. */
function unrunnable(file: string, cause: unknown): DeployError {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const calls = lines.findIndex((line) => /^\s+at /.test(line));
  // The topmost call is where the file itself threw.
  const details = calls === -1 ? lines : lines.slice(0, calls + 1);
  return new DeployError("usage", { subject: file, message: "cannot be run", hint: `correct ${file}`, details, cause });
}

/** The stack of one environment. DEPLOY_ENDPOINT moves an environment that is on loopback anyway, such as to a test's port. */
export async function loadStack(flag: string | undefined, variables: Variables = process.env): Promise<Stack> {
  const name = environmentName(flag, variables);
  return resolveStack(await loadWrittenStack(variables), name, { endpoint: variables["DEPLOY_ENDPOINT"] });
}
