// Layers are unpacked once for each digest, whoever asks, and trees are merged where layers take files away.
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ImageSource, ResolvedImage } from "../src/runtime/image-source.ts";
import { createLayerStore } from "../src/runtime/layer-store.ts";
import { createTestImages, type TestFile } from "./runtime-images.ts";

const open = () => {
  const dir = mkdtempSync(join(tmpdir(), "layers-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const images = createTestImages(dir);
  const asked: string[] = [];
  const counting: ImageSource = {
    resolve: images.resolve,
    blobPath: (repository, digest) => {
      asked.push(digest);
      return images.blobPath(repository, digest);
    },
  };
  const stateDir = join(dir, "state");
  const store = () => createLayerStore({ stateDir, images: counting, signal: AbortSignal.timeout(60_000) });
  const image = async (name: string, files: readonly TestFile[]): Promise<ResolvedImage> => {
    const resolved = await images.resolve(await images.add(name, files));
    if (resolved === undefined) throw new Error("no image");
    return resolved;
  };
  return { stateDir, store, image, asked };
};

describe("the layer store", () => {
  it("unpacks a layer once, for images that share it, at once and after a restart", async () => {
    const { store, image, asked } = open();
    const [one, two] = [
      await image("one", [{ name: "app/a", content: "1" }]),
      await image("two", [{ name: "app/a", content: "2" }]),
    ];
    const first = store();
    const [lowers, others] = await Promise.all([first.prepare(one), first.prepare(two), first.prepare(one)]);
    expect(lowers.map((dir) => dir.length)).toHaveLength(2);
    expect(lowers[1], "the lower layer is the same folder").toBe(others[1]);
    expect(readFileSync(join(lowers[0] ?? "", "app/a"), "utf8")).toBe("1");
    await store().prepare(two);
    expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
    expect(asked).toHaveLength(3);
  });

  it("merges layers into one tree where a layer takes files of those below away", async () => {
    const { store, image } = open();
    const lowers = await store().prepare(
      await image("cut", [{ name: "etc/.wh.passwd" }, { name: "app/a", content: "1" }]),
    );
    expect(lowers).toHaveLength(1);
    expect(readdirSync(join(lowers[0] ?? "", "etc"))).toEqual([]);
    expect(readdirSync(join(lowers[0] ?? "", "usr/local/bin"))).toEqual(["node"]);
  });

  it("removes what nobody has asked for since a time", async () => {
    const { stateDir, store, image } = open();
    const layers = store();
    const kept = await image("kept", [{ name: "a", content: "1" }]);
    await layers.prepare(kept);
    await layers.prepare(await image("old", [{ name: "b", content: "2" }]));
    const names = readdirSync(join(stateDir, "layers"));
    for (const name of names) utimesSync(join(stateDir, "layers", name), new Date(0), new Date(0));
    await layers.prepare(kept);
    layers.prune(new Date(1000));
    expect(readdirSync(join(stateDir, "layers"))).toHaveLength(2);
    expect(names).toHaveLength(3);
  });

  it("leaves nothing of a layer that cannot be unpacked, and says why", async () => {
    const { stateDir, store, image } = open();
    const bad = await image("bad", [{ name: "../evil", content: "x" }]);
    await expect(store().prepare(bad)).rejects.toMatchObject({ code: "layer-invalid" });
    expect(readdirSync(join(stateDir, "layers")).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
