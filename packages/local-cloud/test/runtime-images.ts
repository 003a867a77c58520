// Real images for tests: a layer with this machine's Node and the libraries it needs, and one with the test's own files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import type { Descriptor, ImageConfig, ImageSource, ResolvedImage } from "../src/runtime/image-source.ts";

export type TestFile = Partial<Header> & { readonly name: string; readonly content?: string };

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const addFile = (archive: Pack, { content = "", ...header }: TestFile): void => {
  archive.entry({ mode: 0o755, mtime: new Date(0), ...header }, content);
};

const writeArchive = async (path: string, fill: (archive: Pack) => void): Promise<void> => {
  const temporary = `${path}.${process.pid}`;
  const archive = pack();
  fill(archive);
  archive.finalize();
  const file = createWriteStream(temporary);
  for await (const chunk of archive) if (!file.write(chunk)) await once(file, "drain");
  file.end();
  await finished(file);
  renameSync(temporary, path);
};

const librariesOf = (binary: string): readonly string[] =>
  execFileSync("ldd", [binary], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => /(\/[^ ]+) \(0x/.exec(line)?.[1] ?? []);

/** Made once a machine and version of Node. */
const nodeLayer = async (): Promise<string> => {
  const path = join(tmpdir(), `local-cloud-test-node-${process.version}-${arch()}.tar`);
  if (existsSync(path)) return path;
  const binary = realpathSync(process.execPath);
  const files = [["usr/local/bin/node", binary], ...librariesOf(binary).map((library) => [library.slice(1), library])];
  await writeArchive(path, (archive) => {
    for (const [name = "", source = ""] of files) archive.entry({ name, mode: 0o755 }, readFileSync(source));
    addFile(archive, {
      name: "etc/passwd",
      mode: 0o644,
      content: "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n",
    });
    archive.entry({ name: "home/node", type: "directory", mode: 0o755 });
  });
  return path;
};

export type TestImages = ImageSource & {
  /** Adds an image with Node and these files; gives its reference, and tags it `latest`. */
  readonly add: (name: string, files: readonly TestFile[], config?: ImageConfig["config"]) => Promise<string>;
};

/** In `dir`, which must exist. Images are of repository `demo/images`. */
export function createTestImages(dir: string): TestImages {
  const blobs = new Map<string, string>();
  const images = new Map<string, ResolvedImage>();

  const addBlob = (path: string, digest: string, mediaType: string): Descriptor => {
    blobs.set(digest, path);
    return { mediaType, digest, size: readFileSync(path).length };
  };
  const layers = new Map<string, Descriptor>();
  const layer = (path: string): Descriptor => {
    const known =
      layers.get(path) ?? addBlob(path, digestOf(readFileSync(path)), "application/vnd.oci.image.layer.v1.tar");
    layers.set(path, known);
    return known;
  };

  return {
    add: async (name, files, config = {}) => {
      const folder = join(dir, "blobs");
      mkdirSync(folder, { recursive: true });
      const own = join(folder, `${name}-${images.size}.tar`);
      await writeArchive(own, (archive) => {
        for (const file of files) addFile(archive, file);
      });
      const imageConfig: ImageConfig = { architecture: "amd64", os: "linux", config };
      const configPath = join(folder, `${name}-${images.size}.json`);
      writeFileSync(configPath, JSON.stringify(imageConfig));
      const manifest = {
        schemaVersion: 2 as const,
        config: addBlob(configPath, digestOf(readFileSync(configPath)), "application/vnd.oci.image.config.v1+json"),
        layers: [layer(await nodeLayer()), layer(own)],
      };
      const digest = digestOf(Buffer.from(JSON.stringify(manifest)));
      const repository = `demo/images/${name}`;
      const image: ResolvedImage = { repository, digest, manifest, config: imageConfig };
      const reference = `asia-southeast1-docker.pkg.dev/${repository}`;
      for (const known of [`${reference}@${digest}`, `${reference}:latest`, reference]) images.set(known, image);
      return `${reference}@${digest}`;
    },
    resolve: async (reference) => images.get(reference),
    blobPath: async (_repository, digest) => blobs.get(digest),
  };
}
