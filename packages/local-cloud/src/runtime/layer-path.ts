// Pure. Where an archive's entry may go: below the layer's folder, and nowhere else.
import { RuntimeError } from "./runtime-error.ts";

const maxPathBytes = 4096;
const whiteoutPrefix = ".wh.";
const opaqueName = ".wh..wh..opq";

export type LayerEntryPath = {
  /** Relative, with no `.`, no `..` and no empty segment; empty for the root itself. */
  readonly segments: readonly string[];
  /**
   * What the entry stands for: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
   * `whiteout`: `segments` is removed from the layers below; `opaque`: whatever those have in the folder `segments` is.
   */
  readonly meaning: "entry" | "whiteout" | "opaque";
};

/**
 * A name in an archive as a path below the layer's folder. A leading slash means the image's root, as in Docker.
 * @throws {RuntimeError} layer-invalid for `..`, NUL and names past the limit: no honest archive has them.
 */
export function parseLayerPath(name: string): LayerEntryPath {
  const refuse = (why: string): RuntimeError =>
    new RuntimeError("layer-invalid", `layer entry ${JSON.stringify(name.slice(0, 200))}: ${why}`);
  if (Buffer.byteLength(name) > maxPathBytes) throw refuse("the path is too long");
  if (name.includes("\0")) throw refuse("the path holds a NUL");
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) throw refuse("the path leaves its folder");
  const last = segments.at(-1);
  if (last === opaqueName) return { segments: segments.slice(0, -1), meaning: "opaque" };
  if (last?.startsWith(whiteoutPrefix)) {
    const removed = last.slice(whiteoutPrefix.length);
    if (removed === "" || removed === "." || removed === "..") throw refuse("a whiteout of nothing");
    return { segments: [...segments.slice(0, -1), removed], meaning: "whiteout" };
  }
  return { segments, meaning: "entry" };
}
