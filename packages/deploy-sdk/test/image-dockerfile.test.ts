// Dockerfiles are built by the real buildah; what it puts into an image judges what we take for the image's inputs.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { readDockerArchive } from "../src/image/docker-archive.ts";
import { dockerInputs } from "../src/image/docker-inputs.ts";
import { buildDockerfile, type DockerBuild } from "../src/image/dockerfile-image.ts";
import { type Engine, engines } from "../src/image/engines.ts";
import { createLayerCache } from "../src/image/layer-cache.ts";
import { type BuiltImage, imageOf, sha256Digest } from "../src/image/oci.ts";

const run = promisify(execFile);
const unit = {
  kind: "image",
  name: "backend",
  project: "app",
  after: [],
  build: "dockerfile",
  dockerfile: "Dockerfile",
  context: "app",
  engine: "buildah",
  repository: "europe-west1-docker.pkg.dev/demo-local/demo-backend/app",
} as const;
const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" } as const;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "dockerfile-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function contextOf(files: Readonly<Record<string, string>>) {
  const workspace = await folder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, "app", path)), { recursive: true });
    await writeFile(join(workspace, "app", path), content);
  }
  const cacheDir = join(workspace, ".local", "cache");
  const lines: string[] = [];
  const build: DockerBuild = {
    workspace,
    cacheDir,
    platform,
    signal: new AbortController().signal,
    layers: createLayerCache(join(cacheDir, "layers"), () => new Date()),
    log: (line) => lines.push(line),
  };
  return { workspace, build, lines, inputs: () => dockerInputs(unit, build) };
}

async function filesIn(image: BuiltImage): Promise<readonly string[]> {
  const root = await folder();
  for (const { file } of image.layers) await run("tar", ["-xzf", file, "-C", root]);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

test("builds what the Dockerfile says, tells the engine's lines, and leaves nothing behind", async () => {
  const { build, lines, workspace } = await contextOf({
    Dockerfile: 'FROM scratch\nCOPY hello.txt /greeting/hello.txt\nCMD ["/hello"]\n',
    "hello.txt": "hello",
  });
  const image = await buildDockerfile(unit, build);
  expect(await filesIn(image)).toEqual(["/greeting/hello.txt"]);
  const config = JSON.parse(Buffer.from(image.config.bytes).toString()) as { config: { Cmd: string[] } };
  expect(config.config.Cmd).toEqual(["/hello"]);
  expect(lines.some((line) => line.includes("COPY hello.txt"))).toBe(true);
  expect(await readdir(join(workspace, ".local", "cache"))).toEqual(["layers"]);
});

test("takes for its inputs what the engine takes for its context", async () => {
  const { build, inputs, workspace } = await contextOf({
    Dockerfile: "FROM scratch\nCOPY . /app/\n",
    ".dockerignore":
      "# not these\nnode_modules\n**/*.log\ndocs\n!docs/keep.md\nDockerfile\n/only-root.txt\nbuild/*.tmp\n",
    "src/main.py": "print(1)",
    "src/only-root.txt": "kept",
    "only-root.txt": "ignored",
    "node_modules/x/index.js": "ignored",
    "src/node_modules/y.js": "kept: the rule is for the root",
    "src/a/debug.log": "ignored",
    "docs/keep.md": "kept",
    "docs/other.md": "ignored",
    "build/a.tmp": "ignored",
    "build/deep/a.tmp": "kept",
    ".env.example": "kept",
  });
  const inImage = (await filesIn(await buildDockerfile(unit, build))).map((path) => path.slice("/app/".length));
  const all = await readdir(join(workspace, "app"), { recursive: true, withFileTypes: true });
  const changes = new Map<string, boolean>();
  for (const entry of all.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const before = await inputs();
    const content = await readFile(file);
    await writeFile(file, `${content} changed`);
    changes.set(file.slice(join(workspace, "app/").length), (await inputs()) !== before);
    await writeFile(file, content);
  }
  // These two are read by the build whether or not they are in its context.
  for (const always of ["Dockerfile", ".dockerignore"]) changes.delete(always);
  const relevant = [...changes].filter(([, changed]) => changed).map(([path]) => path);
  expect(relevant.toSorted()).toEqual(inImage.filter((path) => path !== ".dockerignore").toSorted());
});

test("takes no context that holds the credentials of CI, unless they are ignored", async () => {
  const files = { Dockerfile: "FROM scratch\nCOPY . /\n", "gha-creds-0123456789abcdef.json": "{}" };
  const bare = await contextOf(files);
  await expect(bare.inputs()).rejects.toMatchObject({
    code: "image-build-failed",
    hint: expect.stringContaining(".dockerignore"),
  });
  const ignoring = await contextOf({ ...files, ".dockerignore": "gha-creds-*.json\n" });
  expect(await ignoring.inputs()).toMatch(/^[0-9a-f]{64}$/);
});

test("shows the last lines of a build that fails", async () => {
  const { build } = await contextOf({ Dockerfile: "FROM scratch\nCOPY missing.txt /\n" });
  await expect(buildDockerfile(unit, build)).rejects.toMatchObject({
    code: "image-build-failed",
    exitCode: 2,
    hint: expect.stringContaining("app/Dockerfile"),
    details: expect.arrayContaining([expect.stringContaining("missing.txt")]),
  });
});

test("says what was tried where no engine works, and takes the first that does", async () => {
  const { build } = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  const broken = (name: Engine["name"], probe: readonly string[]): Engine => ({
    name,
    probe,
    build: () => ["false"],
    save: () => ["false"],
  });
  const absent = broken("docker", ["no-such-engine", "info"]);
  const refusing = broken("podman", ["sh", "-c", "echo the daemon is not running >&2; exit 1"]);
  const any = { ...unit, engine: undefined };
  await expect(buildDockerfile(any, { ...build, engines: [absent, refusing] })).rejects.toMatchObject({
    code: "image-build-failed",
    details: ["no-such-engine info: not installed", expect.stringContaining("the daemon is not running")],
  });
  const image = await buildDockerfile(any, { ...build, engines: [absent, refusing, ...engines.slice(-1)] });
  expect(await filesIn(image)).toEqual(["/Dockerfile"]);
});

/** An ended process that its parent has not asked about yet is still listed, as a zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("ends the engine and all that it started when it is interrupted", async () => {
  const { build, workspace } = await contextOf({ Dockerfile: "FROM scratch\n" });
  const controller = new AbortController();
  const started = join(workspace, "started");
  const slow: Engine = {
    name: "buildah",
    probe: ["true"],
    build: () => ["sh", "-c", `sleep 600 & echo $! > ${started}; echo building; wait`],
    save: () => ["false"],
  };
  const building = buildDockerfile(unit, {
    ...build,
    engines: [slow],
    signal: controller.signal,
    log: () => controller.abort(new Error("interrupted")),
  });
  await expect(building).rejects.toThrow("interrupted");
  const pid = Number(await readFile(started, "utf8"));
  await expect.poll(() => isRunning(pid)).toBe(false);
});

test("reads the archives of other engines: compressed layers, a layer that occurs twice", async () => {
  const work = await folder();
  await writeFile(join(work, "file"), "content");
  await run("tar", ["-cf", join(work, "layer.tar"), "-C", work, "file"]);
  const diffId = sha256Digest(await readFile(join(work, "layer.tar")));
  await run("gzip", ["-nk", join(work, "layer.tar")]);
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [diffId, diffId] },
  });
  await mkdir(join(work, "archive", "twice"), { recursive: true });
  await mkdir(join(work, "archive", "blobs"));
  await copyFile(join(work, "layer.tar.gz"), join(work, "archive", "blobs", "layer"));
  await writeFile(join(work, "archive", "config.json"), config);
  const manifest = [{ Config: "config.json", RepoTags: null, Layers: ["blobs/layer", "twice/layer.tar"] }];
  await writeFile(join(work, "archive", "manifest.json"), JSON.stringify(manifest));
  await run("ln", ["-s", "../blobs/layer", join(work, "archive", "twice", "layer.tar")]);
  await run("tar", ["-cf", join(work, "image.tar"), "-C", join(work, "archive"), "."]);
  const layers = createLayerCache(join(work, "layers"), () => new Date());
  const { signal } = new AbortController();
  await mkdir(join(work, "unpacked"));
  const image = await readDockerArchive(join(work, "image.tar"), join(work, "unpacked"), layers, signal);
  expect(image.layers.map((layer) => layer.diffId)).toEqual([diffId, diffId]);
  expect(image.digest).toBe(imageOf(Buffer.from(config), image.layers).digest);
});

test("refuses an archive whose layer is not the one that its configuration names", async () => {
  const work = await folder();
  await mkdir(join(work, "archive"));
  const config = { rootfs: { type: "layers", diff_ids: [`sha256:${"0".repeat(64)}`] } };
  await writeFile(join(work, "archive", "layer.tar"), "not that layer");
  await writeFile(join(work, "archive", "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", Layers: ["layer.tar"] }];
  await writeFile(join(work, "archive", "manifest.json"), JSON.stringify(manifest));
  await run("tar", ["-cf", join(work, "image.tar"), "-C", join(work, "archive"), "."]);
  const broken: Engine = {
    name: "buildah",
    probe: ["true"],
    build: ({ idFile }) => ["sh", "-c", `echo id > ${idFile}`],
    save: (_id, archive) => ["cp", join(work, "image.tar"), archive],
  };
  const { build } = await contextOf({ Dockerfile: "FROM scratch\n" });
  await expect(buildDockerfile(unit, { ...build, engines: [broken] })).rejects.toMatchObject({
    code: "image-build-failed",
    message: expect.stringContaining("broken image"),
  });
});
