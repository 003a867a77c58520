// Images from a Dockerfile, built by the first container engine of this machine that works.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DeployError } from "../deploy-error.ts";
import { ArchiveError, readDockerArchive } from "./docker-archive.ts";
import type { DockerfileUnit } from "./docker-inputs.ts";
import { type Engine, engines } from "./engines.ts";
import type { LayerCache } from "./layer-cache.ts";
import type { BuildPlace } from "./node-image.ts";
import type { BuiltImage } from "./oci.ts";
import { runTool, type ToolResult } from "./run-tool.ts";

const probeDeadlineMs = 15_000;
const buildDeadlineMs = 45 * 60_000;
const saveDeadlineMs = 10 * 60_000;

export type DockerBuild = BuildPlace & {
  readonly layers: LayerCache;
  /** A line of the engine's output. */
  readonly log: (line: string) => void;
  readonly engines?: readonly Engine[];
};

/** @throws {DeployError} `image-build-failed` with the last lines of the build, or with what was tried to find an engine. */
export async function buildDockerfile(unit: DockerfileUnit, build: DockerBuild): Promise<BuiltImage> {
  const engine = await findEngine(unit, build);
  await mkdir(build.cacheDir, { recursive: true });
  const folder = await mkdtemp(join(build.cacheDir, "build-"));
  try {
    const idFile = join(folder, "id");
    const archive = join(folder, "image.tar");
    await requireSuccess(unit, engine, build, buildDeadlineMs, [
      ...engine.build({
        dockerfile: join(build.workspace, unit.project, unit.dockerfile),
        context: join(build.workspace, unit.context),
        platform: build.platform,
        idFile,
      }),
    ]);
    const id = (await readFile(idFile, "utf8")).trim();
    await requireSuccess(unit, engine, build, saveDeadlineMs, engine.save(id, archive));
    return await readDockerArchive(archive, folder, build.layers, build.signal);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    throw failed(unit, `${engine.name} handed out a broken image: ${error.message}`, "run the command again", error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findEngine(unit: DockerfileUnit, { signal, engines: given = engines }: DockerBuild): Promise<Engine> {
  const candidates = given.filter(({ name }) => unit.engine === undefined || name === unit.engine);
  const tried: string[] = [];
  for (const engine of candidates) {
    const result = await runTool({ command: engine.probe, line: () => {}, deadlineMs: probeDeadlineMs, signal });
    if (result.outcome === "exited" && result.code === 0) return engine;
    tried.push(`${engine.probe.join(" ")}: ${reasonOf(result)}`);
  }
  throw new DeployError("image-build-failed", {
    subject: `image "${unit.name}"`,
    message: `no container engine works here; tried ${[...new Set(candidates.map(({ name }) => name))].join(", ")}`,
    hint: "start Docker, or install buildah: apt-get install buildah",
    details: tried,
  });
}

const reasonOf = (result: ToolResult): string => {
  if (result.outcome === "missing") return "not installed";
  if (result.outcome === "late") return "did not answer";
  return result.lastLines.at(-1) ?? `exit code ${result.code}`;
};

async function requireSuccess(
  unit: DockerfileUnit,
  engine: Engine,
  { log, signal }: DockerBuild,
  deadlineMs: number,
  command: readonly string[],
): Promise<void> {
  const result = await runTool({ command, line: log, deadlineMs, signal, ...(engine.env && { env: engine.env }) });
  if (result.outcome === "exited" && result.code === 0) return;
  throw new DeployError("image-build-failed", {
    subject: `image "${unit.name}"`,
    message:
      result.outcome === "late"
        ? `${engine.name} did not finish within ${deadlineMs / 60_000} minutes`
        : `${engine.name} failed${result.outcome === "exited" ? ` with exit code ${result.code}` : ""}`,
    hint: `correct ${unit.project}/${unit.dockerfile}; the build's last lines are above`,
    details: result.outcome === "missing" ? [] : result.lastLines,
  });
}

const failed = (unit: DockerfileUnit, message: string, hint: string, cause: unknown): DeployError =>
  new DeployError("image-build-failed", { subject: `image "${unit.name}"`, message, hint, cause });
