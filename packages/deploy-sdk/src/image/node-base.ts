// The lowest layer of a Node image: the node binary, the C libraries that it is linked with, certificates, one user.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import { digestFiles } from "./file-digests.ts";
import type { LayerRequest } from "./layer-cache.ts";
import type { Platform } from "./oci.ts";
import { type LayerEntry, sortEntries, tarOf } from "./tar-entries.ts";

const run = promisify(execFile);

export type NodeBinary = { readonly version: string; readonly file: string; readonly platform: Platform };

const architectures: Readonly<
  Record<string, { readonly architecture: Platform["architecture"]; readonly loader: string }>
> = {
  x64: { architecture: "amd64", loader: "/lib64/ld-linux-x86-64.so.2" },
  arm64: { architecture: "arm64", loader: "/lib/ld-linux-aarch64.so.1" },
};

/**
 * The Node that images of this workspace run with: the one that it pins as a dependency, else the one that runs now.
 * @throws {DeployError} `image-build-failed` where this machine has none for `platform`.
 */
export async function findNodeBinary(workspace: string, platform: Platform): Promise<NodeBinary> {
  if (process.platform !== "linux" || architectures[process.arch]?.architecture !== platform.architecture)
    throw unsupported(platform);
  if (!(await exists(loaderOf(process.arch)))) throw unsupported(platform);
  const folder = join(workspace, "node_modules", `node-linux-${process.arch}`);
  const pinned = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
  if (pinned === undefined) return { version: process.versions.node, file: process.execPath, platform };
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(pinned));
  return { version, file: join(folder, "bin", "node"), platform };
}

const unsupported = ({ os, architecture }: Platform): DeployError =>
  new DeployError("image-build-failed", {
    subject: "node image",
    message: `it needs Node and the GNU C library of ${os}/${architecture}, and this is ${process.platform}/${process.arch}`,
    hint: 'deploy from such a machine (or CI), or give the image a Dockerfile: build: "dockerfile"',
  });

const loaderOf = (arch: string): string => architectures[arch]?.loader ?? "";
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The user that the image runs as; 1000 is the first ordinary one of the common distributions. */
export const imageUser = "1000:1000";

const text = (path: string, content: string): LayerEntry => ({
  type: "file",
  path,
  mode: 0o644,
  content: Buffer.from(content),
});

const system: readonly LayerEntry[] = [
  text(
    "etc/passwd",
    "root:x:0:0:root:/root:/sbin/nologin\nnode:x:1000:1000:node:/home/node:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n",
  ),
  text("etc/group", "root:x:0:\nnode:x:1000:\nnobody:x:65534:\n"),
  text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
  // Where a sandbox binds its own; without the mount point a read-only root would refuse.
  text("etc/resolv.conf", ""),
  text("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
  ...["dev", "proc", "sys", "home/node", "cloudsql"].map(
    (path): LayerEntry => ({ type: "directory", path, mode: 0o755 }),
  ),
  ...["tmp", "var/tmp"].map((path): LayerEntry => ({ type: "directory", path, mode: 0o1777 })),
];

export type NodeBase = { readonly layer: (signal: AbortSignal) => LayerRequest };

/** Measured: at 1 the node binary takes half the time of 6, for 9 % more bytes. */
const gzipLevel = 1;

export async function nodeBase(node: NodeBinary, cacheDir: string): Promise<NodeBase> {
  const sources = [
    { path: "usr/local/bin/node", file: await realpath(node.file), mode: 0o755 },
    ...(await Promise.all(
      (
        await sharedLibraries(node)
      ).map(async (path) => ({
        path: path.slice(1),
        file: await realpath(path),
        mode: 0o755,
      })),
    )),
  ];
  const digests = await digestFiles({
    root: "/",
    paths: sources.map(({ file }) => file.slice(1)),
    cacheFile: join(cacheDir, "node-base.json"),
  });
  const certificates = text("etc/ssl/certs/ca-certificates.crt", `${rootCertificates.join("\n")}\n`);
  const key = createHash("sha256")
    .update(JSON.stringify([baseFormat, sources.map(({ path }, index) => [path, digests[index]?.sha256])]))
    .update(JSON.stringify([...system, certificates]))
    .digest("hex");
  const entries: readonly LayerEntry[] = [
    ...system,
    certificates,
    ...sources.map(({ path, file, mode }, index): LayerEntry => {
      const { sizeBytes = 0, sha256 } = digests[index] ?? {};
      return { type: "file", path, mode, content: { file, sizeBytes, sha256 } };
    }),
  ];
  return {
    layer: (signal) => ({ key, level: gzipLevel, tar: () => tarOf(sortEntries(entries), signal), signal }),
  };
}

const baseFormat = 1;

/** Loaded by name at run time, to resolve host names with a C library older than 2.34. */
const loadedLater = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/** Absolute paths of the loader and of the libraries that it finds for the binary; they keep their places in the image. */
async function sharedLibraries({ file }: NodeBinary): Promise<readonly string[]> {
  const loader = loaderOf(process.arch);
  const { stdout } = await run(loader, ["--list", file], { timeout: 10_000 });
  const linked = Array.from(stdout.matchAll(/=> (\/\S+) \(0x/g), ([, path = ""]) => path);
  const libc = linked.find((path) => /\/libc\.so/.test(path));
  const later = libc ? loadedLater.map((name) => join(dirname(libc), name)) : [];
  const found = await Promise.all(later.map(exists));
  return [
    ...new Set([loader, ...linked.filter((path) => path !== loader), ...later.filter((_, index) => found[index])]),
  ];
}
