// Images of Node projects of this workspace: what determines one, and the build, which needs no container engine. The same
// inputs give the same digest.
import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { ImageUnit } from "@slipway/config";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { dependenciesFormat, dependencyEntries, imageDirOf } from "./dependencies-layer.ts";
import { digestFiles, type FileDigest } from "./file-digests.ts";
import type { LayerCache } from "./layer-cache.ts";
import { listFiles } from "./list-files.ts";
import { type LockedProject, lockedProject } from "./lockfile.ts";
import { findNodeBinary, imageUser, type NodeBinary, nodeBase } from "./node-base.ts";
import { assembleImage, type BuiltImage, type Platform } from "./oci.ts";
import { shippedFiles } from "./shipped-files.ts";
import { type LayerEntry, sortEntries, tarOf } from "./tar-entries.ts";

export type NodeUnit = Extract<ImageUnit, { build: "node" }>;

/** A file that goes into the application's layer; `path` is relative to the workspace. */
type SourceFile = FileDigest & { readonly project: string };

export type NodeInputs = {
  /** Hexadecimal digest of all that determines the image. */
  readonly hash: string;
  readonly node: NodeBinary;
  readonly locked: LockedProject;
  readonly files: readonly SourceFile[];
  readonly manifest: PackageManifest;
};

/** Changes when the same sources give another image: how layers are packed, laid out or configured. */
const builderVersion = 1;

const packageManifest = z.object({
  name: z.string().optional(),
  files: z.array(z.string()).optional(),
  repository: z.union([z.string(), z.object({ url: z.string() }).transform(({ url }) => url)]).optional(),
});
type PackageManifest = z.infer<typeof packageManifest>;

export type BuildPlace = {
  readonly workspace: string;
  /** Absolute; holds what makes the next build quick. */
  readonly cacheDir: string;
  readonly platform: Platform;
  readonly signal: AbortSignal;
};

/** @throws {DeployError} `image-build-failed` when the project, its entry or the lockfile is missing. */
export async function nodeInputs(unit: NodeUnit, place: BuildPlace): Promise<NodeInputs> {
  const { workspace, cacheDir, signal } = place;
  const [node, locked] = await Promise.all([
    findNodeBinary(workspace, place.platform),
    lockedProject(workspace, unit.project, cacheDir),
  ]);
  const projects = Object.keys(locked.projects);
  const [listed, manifests] = await Promise.all([
    listFiles(workspace, projects, signal),
    Promise.all(projects.map((project) => readManifest(unit, workspace, project))),
  ]);
  const shipped = projects.flatMap((project, index) => {
    const own = listed.filter((path) => path.startsWith(`${project}/`)).map((path) => path.slice(project.length + 1));
    return shippedFiles(own, manifests[index]?.files).map((path) => ({ project, path: `${project}/${path}` }));
  });
  const projectOf = new Map(shipped.map(({ path, project }) => [path, project]));
  const digests = await digestFiles({
    root: workspace,
    paths: [...projectOf.keys()],
    cacheFile: join(cacheDir, `inputs-${unit.name}.json`),
  });
  const files = digests.map((digest) => ({ ...digest, project: projectOf.get(digest.path) ?? unit.project }));
  const entry = `${unit.project}/${unit.entry}`;
  if (!files.some(({ path }) => path === entry))
    throw failed(unit, `its entry does not exist, or is ignored: ${entry}`, "correct `entry` in stack.ts");
  const hash = createHash("sha256")
    .update(JSON.stringify(["node", builderVersion, dependenciesFormat, node.platform, node.version, unit.entry]))
    .update(locked.sha256)
    .update(filesKey(files))
    .digest("hex");
  return { hash, node, locked, files, manifest: manifests[projects.indexOf(unit.project)] ?? {} };
}

const filesKey = (files: readonly SourceFile[]): string =>
  JSON.stringify(files.map(({ path, type, executable, sha256 }) => [path, type, executable, sha256]));

async function readManifest(unit: NodeUnit, workspace: string, project: string): Promise<PackageManifest> {
  try {
    return packageManifest.parse(JSON.parse(await readFile(join(workspace, project, "package.json"), "utf8")));
  } catch (cause) {
    throw failed(unit, `${project}/package.json cannot be read`, "correct it, or `project` in stack.ts", cause);
  }
}

/** gzip levels. */
const levels = { dependencies: 4, application: 6 } as const;

export async function buildNodeImage(
  unit: NodeUnit,
  inputs: NodeInputs,
  layers: LayerCache,
  { workspace, cacheDir, signal }: BuildPlace,
): Promise<BuiltImage> {
  const { node, locked, files } = inputs;
  const base = await nodeBase(node, cacheDir);
  const tarFrom = (entries: () => Promise<readonly LayerEntry[]>) => async () =>
    tarOf(sortEntries(await entries()), signal);
  // One after the other: each keeps both compression and disk busy.
  const baseLayer = await layers.layer(base.layer(signal));
  const dependencies = await layers.layer({
    key: keyOf(["dependencies", dependenciesFormat, unit.project, locked.sha256]),
    level: levels.dependencies,
    tar: tarFrom(() => dependencyEntries({ workspace, application: unit.project, locked, signal })),
    signal,
  });
  const application = await layers.layer({
    key: keyOf(["application", builderVersion, unit.project, filesKey(files)]),
    level: levels.application,
    tar: tarFrom(() => Promise.all(files.map((file) => sourceEntry(unit, workspace, file)))),
    signal,
  });
  return assembleImage(node.platform, nodeConfig(unit, inputs), [
    { ...baseLayer, createdBy: `node ${node.version}` },
    { ...dependencies, createdBy: `production dependencies of ${unit.project}` },
    { ...application, createdBy: `sources of ${unit.project}` },
  ]);
}

const keyOf = (parts: readonly unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");

async function sourceEntry(unit: NodeUnit, workspace: string, source: SourceFile): Promise<LayerEntry> {
  const path = `${imageDirOf(source.project, unit.project)}/${source.path.slice(source.project.length + 1)}`;
  const file = join(workspace, source.path);
  if (source.type === "symlink") return { type: "symlink", path, target: await readlink(file) };
  const { sizeBytes, sha256 } = source;
  return { type: "file", path, mode: source.executable ? 0o755 : 0o644, content: { file, sizeBytes, sha256 } };
}

const nodeConfig = (unit: NodeUnit, { hash, node, manifest }: NodeInputs) => ({
  user: imageUser,
  workingDir: "/app",
  entrypoint: ["/usr/local/bin/node", `/app/${unit.entry}`],
  env: [
    "PATH=/usr/local/bin",
    "HOME=/home/node",
    "NODE_ENV=production",
    `NODE_VERSION=${node.version}`,
    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
  ],
  // The commit is no part of the image: the same sources are the same image, whatever commit they came in.
  labels: {
    "org.opencontainers.image.title": manifest.name ?? unit.project,
    "org.opencontainers.image.version": inputsTag(hash),
    ...(manifest.repository !== undefined && { "org.opencontainers.image.source": manifest.repository }),
  },
});

/** The tag under which an image is found by what it was built from. */
export const inputsTag = (hash: string): string => `inputs-${hash}`;

const failed = (unit: NodeUnit, message: string, hint: string, cause?: unknown): DeployError =>
  new DeployError("image-build-failed", { subject: `image "${unit.name}"`, message, hint, cause });
