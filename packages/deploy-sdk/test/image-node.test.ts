// What a Node image is made from and what is in it; the registry has no part in it yet.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLayerCache } from "../src/image/layer-cache.ts";
import { type BuildPlace, buildNodeImage, nodeInputs } from "../src/image/node-image.ts";
import type { BuiltImage } from "../src/image/oci.ts";
import { apiImage, createNodeWorkspace } from "./support/node-workspace.ts";

const run = promisify(execFile);
const { signal } = new AbortController();
const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" } as const;

const placeOf = (workspace: string, cacheDir = join(workspace, ".local", "cache")): BuildPlace => ({
  workspace,
  cacheDir,
  platform,
  signal,
});
const hashOf = async (workspace: string): Promise<string> => (await nodeInputs(apiImage, placeOf(workspace))).hash;

async function build(place: BuildPlace): Promise<BuiltImage> {
  const layers = createLayerCache(join(place.cacheDir, "layers"), () => new Date());
  return buildNodeImage(apiImage, await nodeInputs(apiImage, place), layers, place);
}

describe("the inputs of an image", () => {
  test("are the same wherever the workspace lies, with git and without", async () => {
    const [one, other] = [await createNodeWorkspace(), await createNodeWorkspace()];
    await run("git", ["init", "--quiet"], { cwd: other.root });
    expect(await hashOf(other.root)).toBe(await hashOf(one.root));
    await utimes(join(one.root, "apps/api/src/main.ts"), 1, 1);
    expect(await hashOf(one.root)).toBe(await hashOf(other.root));
  });

  test.each<[string, string, string, number?]>([
    ["a source", "apps/api/src/main.ts", "console.log(1);"],
    ["a new file that is not ignored", "apps/api/src/new.ts", "export {};"],
    ["a package of the workspace that it imports", "packages/shared/src/index.ts", "export const name = 'x';"],
    ["a file's executability", "apps/api/src/main.ts", "console.log(1);", 0o755],
  ])("change with %s", async (_name, path, content, mode) => {
    const { root, write } = await createNodeWorkspace();
    if (mode !== undefined) await write(path, content);
    const before = await hashOf(root);
    await write(path, content, mode);
    expect(await hashOf(root)).not.toBe(before);
  });

  test("do not change with tests, ignored files, credentials, or what other projects need", async () => {
    const { root, write } = await createNodeWorkspace();
    const before = await hashOf(root);
    await write("apps/api/src/main.test.ts", "changed");
    await write("apps/api/debug.log", "changed");
    await write("apps/api/.env", "TOKEN=changed");
    await write("README.md", "changed");
    await write("apps/web/src/index.ts", "changed");
    expect(await hashOf(root)).toBe(before);
  });

  test("follow the lockfile's part of the project alone", async () => {
    const { root, write } = await createNodeWorkspace();
    const before = await hashOf(root);
    await write("pnpm-lock.yaml", await lockfileWith(root, "sha512-tester", "sha512-other"));
    expect(await hashOf(root)).toBe(before);
    await write("pnpm-lock.yaml", await lockfileWith(root, "sha512-shout", "sha512-other"));
    expect(await hashOf(root)).not.toBe(before);
  });

  test("are refused where the entry, the lockfile or the project is missing", async () => {
    const { root } = await createNodeWorkspace();
    const inputs = (unit: Partial<typeof apiImage> | { entry: string }) =>
      nodeInputs({ ...apiImage, ...unit }, placeOf(root));
    const refused = { code: "image-build-failed" };
    await expect(inputs({ entry: "src/none.ts" })).rejects.toMatchObject(refused);
    await expect(inputs({ entry: "src/main.test.ts" })).rejects.toMatchObject(refused);
    await rm(join(root, "pnpm-lock.yaml"));
    await expect(inputs({})).rejects.toMatchObject({ ...refused, hint: "npx pnpm install" });
  });
});

describe("a built image", () => {
  const cleanups: (() => Promise<void>)[] = [];
  let workspace: Awaited<ReturnType<typeof createNodeWorkspace>>;
  let image: BuiltImage;
  let rootfs: string;

  beforeAll(async () => {
    workspace = await createNodeWorkspace((cleanup) => cleanups.push(cleanup));
    image = await build(placeOf(workspace.root));
    rootfs = await mkdtemp(join(tmpdir(), "rootfs-"));
    cleanups.push(() => rm(rootfs, { recursive: true, force: true }));
    for (const { file } of image.layers) await run("tar", ["-xzpf", file, "-C", rootfs]);
  });
  afterAll(() => Promise.all(cleanups.map((cleanup) => cleanup())));

  const list = async (): Promise<readonly string[]> => {
    const { stdout } = await run("find", [rootfs, "-mindepth", "1", "-printf", "%P\n"], { maxBuffer: 1 << 24 });
    return stdout.trim().split("\n");
  };

  test("runs its entry as an ordinary user, with packages and TypeScript of the workspace", async () => {
    const { entrypoint, workingDir, env } = readConfig(image);
    const { stdout } = await run("bwrap", [
      ...["--ro-bind", rootfs, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"],
      ...["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--die-with-parent", "--clearenv"],
      ...env.flatMap((variable) => ["--setenv", ...variable.split(/=(.*)/s).slice(0, 2)]),
      ...["--chdir", workingDir, "--", ...entrypoint, "print"],
    ]);
    expect(stdout).toBe("HELLO, WORLD 1000 /app production\n");
  });

  test("holds the packages that it needs, and nothing that only development does", async () => {
    const paths = await list();
    expect(paths).toContain("app/node_modules/greet");
    expect(paths).toContain("workspace/packages/shared/src/index.ts");
    expect(paths.filter((path) => /tester|elsewhere|\.map$|\.d\.ts$|\.bin|\.env|\.log|main\.test/.test(path))).toEqual(
      [],
    );
  });

  test("names neither time nor machine", async () => {
    const { created, config } = JSON.parse(Buffer.from(image.config.bytes).toString()) as {
      created: string;
      config: { Labels: Record<string, string>; User: string };
    };
    expect(created).toBe("1970-01-01T00:00:00Z");
    expect(config.User).toBe("1000:1000");
    expect(config.Labels["org.opencontainers.image.version"]).toMatch(/^inputs-[0-9a-f]{64}$/);
    expect(Buffer.from(image.config.bytes).toString()).not.toContain(workspace.root);
  });

  test("is the same when it is built again, elsewhere and from nothing", async () => {
    const other = await createNodeWorkspace();
    await utimes(join(other.root, "apps/api/src/main.ts"), 1, 1);
    const again = await build(placeOf(other.root));
    expect(again.layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest));
    expect(again.digest).toBe(image.digest);
  });

  test("shares the layers that an edit does not touch", async () => {
    const { cacheDir } = placeOf(workspace.root);
    const other = await createNodeWorkspace();
    await other.write("apps/api/src/extra.ts", "export const more = 1;\n");
    const edited = await build(placeOf(other.root, cacheDir));
    const kept = edited.layers.map(({ digest }, index) => digest === image.layers[index]?.digest);
    expect(kept).toEqual([true, true, false]);
  });

  test("is refused when what is installed is not what the lockfile says", async () => {
    const { cacheDir } = placeOf(workspace.root);
    const other = await createNodeWorkspace();
    const shout = "node_modules/.pnpm/shout@2.0.0/node_modules/shout/package.json";
    await other.write(shout, JSON.stringify({ name: "shout", version: "2.0.1" }));
    await other.write("pnpm-lock.yaml", await lockfileWith(other.root, "sha512-shout", "sha512-newer"));
    await expect(build(placeOf(other.root, cacheDir))).rejects.toMatchObject({
      code: "image-build-failed",
      hint: "npx pnpm install --frozen-lockfile",
    });
    const linked = join(other.root, "apps/api/node_modules/greet");
    await rename(linked, `${linked}-moved`);
    await expect(build(placeOf(other.root, cacheDir))).rejects.toThrow(/greet@1.0.0.* is not installed/);
  });
});

type Config = { readonly entrypoint: string[]; readonly workingDir: string; readonly env: string[] };

function readConfig({ config }: BuiltImage): Config {
  const parsed = JSON.parse(Buffer.from(config.bytes).toString()) as {
    config: { Entrypoint: string[]; WorkingDir: string; Env: string[] };
  };
  return { entrypoint: parsed.config.Entrypoint, workingDir: parsed.config.WorkingDir, env: parsed.config.Env };
}

async function lockfileWith(root: string, from: string, to: string): Promise<string> {
  return (await readFile(join(root, "pnpm-lock.yaml"), "utf8")).replace(from, to);
}
