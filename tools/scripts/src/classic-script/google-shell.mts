// A shell in which Google's tools take a local cloud for Google, opened as a person opens it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { workspace } from "../workspace.mts";

/** How commands ended: what they said, without colours, and how long they took. */
export type Ran = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
};

/** Runs lines of bash, which end with the first that fails. */
export type GoogleShell = (commands: string) => Promise<Ran>;

export type ShellOptions = {
  /** State of the running cloud, as `pnpm local start --data-dir` was told. */
  readonly dataDir: string;
  /** Where commands begin, and where buildah keeps its images. */
  readonly folder: string;
};

const docker = readFileSync(new URL("docker.sh", import.meta.url), "utf8");

/** @throws {Error} where no cloud runs on `dataDir`. */
export async function openGoogleShell({ dataDir, folder }: ShellOptions): Promise<GoogleShell> {
  const PATH = `${workspace}/node_modules/.bin:${process.env["PATH"]}`;
  const own = { ...process.env, PATH, DATA_DIR: dataDir, IMAGES: `${folder}/images`, BUILDAH_ISOLATION: "chroot" };
  const opened = await runBash('eval "$(pnpm -s local env --data-dir "$DATA_DIR")"; env -0', workspace, own);
  const variables = opened.stdout
    .split("\0")
    .filter(Boolean)
    .map((line) => line.split(/=(.*)/s, 2));
  const env: NodeJS.ProcessEnv = Object.fromEntries(variables);
  if (!env["CLOUDSDK_PROXY_PORT"]) throw new Error(`no local cloud on ${dataDir}: ${opened.stderr}`);
  return (commands) => runBash(`${docker}\n${commands}`, folder, env);
}

async function runBash(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const startedAt = performance.now();
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const tookMs = performance.now() - startedAt;
  return { code, stdout: stripVTControlCharacters(stdout), stderr: stripVTControlCharacters(stderr), tookMs };
}
