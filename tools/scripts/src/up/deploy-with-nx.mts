import { spawn } from "node:child_process";
import { DeployError, type DeployErrorCode } from "@slipway/deploy-sdk";
import { workspace } from "../workspace.mts";

const killAfterMs = 15_000;

/** The deploy as a person types it. Its tasks get the environment and its address; an abort is passed on, and waited for. */
export function deployWithNx(options: {
  readonly endpoint: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { endpoint, json, signal } = options;
  signal.throwIfAborted();
  const env = { ...process.env, DEPLOY_ENV: "local", DEPLOY_ENDPOINT: endpoint, ...(json && { DEPLOY_JSON: "1" }) };
  const child = spawn("nx", ["run-many", "-t", "deploy"], { cwd: workspace, env, stdio: ["ignore", json ? 1 : 2, 2] });
  const stop = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) fail(signal.reason);
      else if (code === 0) done();
      else fail(failed(code));
    });
  });
}

/** So that this process ends as the deploy did. */
const errorCodes: Readonly<Record<number, DeployErrorCode>> = { 2: "usage", 4: "unhealthy", 5: "locked" };

const failed = (code: number | null): DeployError =>
  new DeployError(errorCodes[code ?? 0] ?? "remote-failed", {
    subject: "the deploy",
    message: `ended with exit code ${code}`,
    hint: "see above for the unit that failed",
  });
