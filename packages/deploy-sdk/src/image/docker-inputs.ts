// What determines an image that is built from a Dockerfile: the context as the engine is given it, and the Dockerfile.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { type DockerIgnore, parseDockerIgnore } from "./docker-ignore.ts";
import { digestFiles } from "./file-digests.ts";
import type { BuildPlace } from "./node-image.ts";

export type DockerfileUnit = Extract<ImageUnit, { build: "dockerfile" }>;

const builderVersion = 1;
/** A context larger than this is a forgotten .dockerignore. */
const mostFiles = 100_000;

/**
 * Hexadecimal digest of all that the build reads here. What it fetches (base images, packages) is not known: pin a base
 * image by its digest where a rebuild must follow it.
 */
export async function dockerInputs(
  unit: DockerfileUnit,
  { workspace, platform, cacheDir }: BuildPlace,
): Promise<string> {
  const dockerfile = `${unit.project}/${unit.dockerfile}`;
  const text = await readFile(join(workspace, dockerfile)).catch((cause: unknown) => {
    throw failed(unit, `there is no ${dockerfile}`, "name it in stack.ts: images.<name>.dockerfile", cause);
  });
  const ignore = await readIgnore(unit, workspace);
  const paths: string[] = [];
  await walkContext(unit, join(workspace, unit.context), "", ignore, paths);
  refuseCredentials(unit, paths);
  const files = await digestFiles({
    root: join(workspace, unit.context),
    paths: paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    cacheFile: join(cacheDir, `inputs-${unit.name}.json`),
  });
  return createHash("sha256")
    .update(JSON.stringify(["dockerfile", builderVersion, platform, createHash("sha256").update(text).digest("hex")]))
    .update(JSON.stringify(files.map(({ path, type, executable, sha256 }) => [path, type, executable, sha256])))
    .digest("hex");
}

/** google-github-actions/auth leaves them in the checkout: a `COPY .` would put the deployer's key into the image. */
function refuseCredentials(unit: DockerfileUnit, paths: readonly string[]): void {
  const found = paths.find((path) => /(?:^|\/)gha-creds-[^/]*\.json$/.test(path));
  if (found === undefined) return;
  const message = `the build context holds the credentials of whoever deploys: ${found}`;
  throw failed(unit, message, "add gha-creds-*.json to the .dockerignore");
}

/** The Dockerfile's own ignore file comes before the context's, as in BuildKit and buildah. */
async function readIgnore(unit: DockerfileUnit, workspace: string): Promise<DockerIgnore> {
  const own = join(workspace, unit.project, `${unit.dockerfile}.dockerignore`);
  const shared = join(workspace, unit.context, ".dockerignore");
  const text = await readFile(own, "utf8").catch(() => readFile(shared, "utf8").catch(() => ""));
  return parseDockerIgnore(text);
}

async function walkContext(
  unit: DockerfileUnit,
  root: string,
  folder: string,
  ignore: DockerIgnore,
  paths: string[],
): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
    throw failed(
      unit,
      `the build context cannot be read: ${unit.context}/${folder}`,
      "check the path and its rights",
      cause,
    );
  });
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const ignored = ignore.ignores(path);
    if (entry.isDirectory()) {
      if (!ignored || ignore.hasExceptions) await walkContext(unit, root, path, ignore, paths);
    } else if (!ignored && (entry.isFile() || entry.isSymbolicLink())) paths.push(path);
    if (paths.length > mostFiles)
      throw failed(
        unit,
        `the build context has more than ${mostFiles} files`,
        `add a .dockerignore to ${unit.context}`,
      );
  }
}

const failed = (unit: DockerfileUnit, message: string, hint: string, cause?: unknown): DeployError =>
  new DeployError("image-build-failed", { subject: `image "${unit.name}"`, message, hint, cause });
