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
  const module: { readonly default?: WrittenStack } = await import(path).catch((error: unknown) => {
    throw error instanceof ConfigError ? error : unrunnable(file, error);
  });
  // Once more: what the file exports may not come from `defineStack`.
  return defineStack(module.default as WrittenStack);
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
