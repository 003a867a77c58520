// What every command that talks to an environment begins with.
import type { Stack } from "@slipway/config";
import {
  type Commit,
  createReleaseId,
  createTarget,
  DeployError,
  type DeployEvent,
  drivers,
  type GoogleTarget,
  parseReleaseId,
  type ReleaseOptions,
  type Runtime,
  readCommit,
  systemRuntime,
} from "@slipway/deploy-sdk/release";
import type { CommonOptions } from "./command.mts";
import type { Presenter } from "./present/presenter.mts";
import { type CommandContext, runCommand } from "./run-command.mts";
import { loadStack, workspace } from "./workspace.mts";

export type Session = {
  readonly stack: Stack;
  readonly target: GoogleTarget;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly present: Presenter;
};

/** Runs `work` against the environment that the options name, and ends the process with its exit code. */
export const runInEnvironment = (options: CommonOptions, work: (session: Session) => Promise<number>): Promise<never> =>
  runCommand(options, async ({ signal, present }: CommandContext) => {
    const stack = await loadStack(options.env);
    const runtime = systemRuntime;
    const target = createTarget(stack, { signal, runtime });
    try {
      return await work({ stack, target, runtime, signal, present });
    } catch (error) {
      throw hintAtLocalCloud(error, stack);
    } finally {
      await target.close();
    }
  });

/** A cloud on loopback that does not answer has usually just not been started. */
export function hintAtLocalCloud(error: unknown, { environment }: Stack): unknown {
  if (!(error instanceof DeployError) || error.code !== "unavailable" || !environment.endpoint) return error;
  const { subject, message, details } = error;
  return new DeployError("unavailable", {
    subject,
    message,
    details: [...details, `at ${environment.endpoint}`],
    hint: "pnpm local start, or npm start for the whole stack",
    cause: error,
  });
}

export const commitOf = ({ signal }: Pick<Session, "signal">): Promise<Commit> => readCommit(workspace, signal);

/** Everything about a release that does not depend on what is asked of it. */
export async function releaseOptions(
  { stack, target, runtime, signal, present }: Session,
  commit: Promise<Commit> = commitOf({ signal }),
): Promise<Omit<ReleaseOptions, "mode" | "units">> {
  const given = process.env["DEPLOY_RELEASE"];
  return {
    stack,
    target,
    runtime,
    signal,
    workspace,
    drivers,
    releaseId: given ? parseReleaseId(given) : createReleaseId(runtime),
    commit: await commit,
    emit: (event: DeployEvent) => present.event(event),
  };
}
