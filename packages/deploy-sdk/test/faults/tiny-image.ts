// An image of one small layer, which nothing could run.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Stack } from "@slipway/config";
import { type BuiltImage, imageOf, sha256Digest } from "../../src/image/oci.ts";
import type { Call, Target } from "../../src/target.ts";

export const tinyRepository = ({ registry }: Pick<Stack, "registry">): string => `${registry.path}/tiny`;

type Registry = { readonly target: Pick<Target, "registry">; readonly stack: Stack; readonly call: Call };

/** `label` is in its configuration, and so decides its digest. */
export async function pushTinyImage({ target, stack, call }: Registry, { tag = "1", label = "tiny" } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "tiny-"));
  try {
    const image = await tinyImage(join(folder, "layer.tar.gz"), label);
    const request = { repository: tinyRepository(stack), image, tag, mountFrom: [], progress: () => {} };
    await target.registry.push(request, call);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function tinyImage(file: string, label: string): Promise<BuiltImage> {
  const tar = Buffer.alloc(1024, label);
  const compressed = gzipSync(tar);
  await writeFile(file, compressed);
  const diffId = sha256Digest(tar);
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: "amd64", os: "linux", author: label },
      rootfs: { type: "layers", diff_ids: [diffId] },
    }),
  );
  return imageOf(config, [{ digest: sha256Digest(compressed), diffId, sizeBytes: compressed.length, file }]);
}
