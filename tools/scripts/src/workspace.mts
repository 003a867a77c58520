// Which workspace, stack and environment a command works on.
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveStack, type Stack, type WrittenStack } from "@slipway/config";
import { DeployError } from "@slipway/deploy-sdk";

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

/** The written stack: stack.ts of the workspace, or the file that DEPLOY_STACK names. Throws ConfigError. */
export async function loadWrittenStack(variables: Variables = process.env): Promise<WrittenStack> {
  const file = variables["DEPLOY_STACK"] || "stack.ts";
  const { default: written }: { default: WrittenStack } = await import(isAbsolute(file) ? file : join(workspace, file));
  return written;
}

/** The stack of one environment. DEPLOY_ENDPOINT moves an environment that is on loopback anyway, such as to a test's port. */
export async function loadStack(flag: string | undefined, variables: Variables = process.env): Promise<Stack> {
  const name = environmentName(flag, variables);
  return resolveStack(await loadWrittenStack(variables), name, { endpoint: variables["DEPLOY_ENDPOINT"] });
}
