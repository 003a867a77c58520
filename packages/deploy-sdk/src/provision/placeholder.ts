// The image that a service runs before its first release: it answers 503 to everything, so that nothing takes it for the
// application. It shares its lowest layer with the images of Node projects, so that in the end it costs nothing.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DeployError } from "../deploy-error.ts";
import { placeholderRepository } from "../image/image-registry.ts";
import { createLayerCache } from "../image/layer-cache.ts";
import { findNodeBinary, imageUser, nodeBase } from "../image/node-base.ts";
import { assembleImage, type BuiltImage } from "../image/oci.ts";
import { sortEntries, tarOf } from "../image/tar-entries.ts";
import type { Performing } from "./apply-provision.ts";

const program = `import { createServer } from "node:http";
const body = JSON.stringify({ status: "fail", output: "nothing has been released to this service yet" });
const headers = { "content-type": "application/health+json", "cache-control": "no-store", "retry-after": "5" };
const server = createServer((_request, response) => response.writeHead(503, headers).end(body));
server.listen(Number(process.env.PORT ?? 8080));
process.once("SIGTERM", () => server.close());
`;

const tag = "latest";

/** Google's own, public one, for a machine that cannot build ours. It answers 200 to everything. */
const publicPlaceholder = "us-docker.pkg.dev/cloudrun/container/hello:latest";

type PlaceholderPlace = Pick<Performing, "stack" | "target" | "workspace" | "runtime" | "call">;

/** Puts the image where `findPlaceholder` looks; does nothing on a machine that cannot build it. */
export async function pushPlaceholder(place: PlaceholderPlace): Promise<void> {
  const image = await buildPlaceholder(place).catch((error: unknown) => {
    if (error instanceof DeployError && error.code === "image-build-failed") return undefined;
    throw error;
  });
  if (!image) return;
  const push = {
    repository: placeholderRepository(place.stack.registry),
    image,
    tag,
    mountFrom: [],
    progress: () => {},
  };
  await place.target.registry.push(push, place.call);
}

/** A reference to an image that a service can start with. */
export async function findPlaceholder({ stack, target, call }: PlaceholderPlace): Promise<string> {
  const repository = placeholderRepository(stack.registry);
  const digest = await target.registry.digestOf(repository, tag, call);
  return digest === undefined ? publicPlaceholder : `${repository}@${digest}`;
}

async function buildPlaceholder({ target, workspace, runtime, call }: PlaceholderPlace): Promise<BuiltImage> {
  const cacheDir = join(workspace, ".local", "cache");
  const layers = createLayerCache(join(cacheDir, "layers"), runtime.now);
  const { signal } = call;
  const node = await findNodeBinary(workspace, target.registry.platform);
  const base = await nodeBase(node, cacheDir);
  const baseLayer = await layers.layer(base.layer(signal));
  const file = { type: "file", path: "app/placeholder.mjs", mode: 0o644, content: Buffer.from(program) } as const;
  const programLayer = await layers.layer({
    key: createHash("sha256").update(program).digest("hex"),
    level: 6,
    tar: () => tarOf(sortEntries([file]), signal),
    signal,
  });
  const config = {
    user: imageUser,
    workingDir: "/app",
    entrypoint: ["/usr/local/bin/node", "/app/placeholder.mjs"],
    env: ["PATH=/usr/local/bin"],
    labels: { "org.opencontainers.image.title": "placeholder" },
  };
  return assembleImage(node.platform, config, [
    { ...baseLayer, createdBy: `node ${node.version}` },
    { ...programLayer, createdBy: "placeholder" },
  ]);
}
