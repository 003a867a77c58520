import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { mergeLayers } from "./merge-layers.ts";
import { defaultLayerLimits, type LayerLimits, unpackLayer } from "./unpack-layer.ts";

type Entry = Partial<Header> & { readonly name: string; readonly content?: string };

const tar = async (entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack();
  for (const { content = "", ...header } of entries) archive.entry(header, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "layer-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

const unpack = async (blob: Buffer, { name = "layer", limits = defaultLayerLimits, digest = "" } = {}) => {
  const path = join(dir, `${name}.blob`);
  const root = join(dir, name);
  writeFileSync(path, blob);
  mkdirSync(root);
  const actual = `sha256:${createHash("sha256").update(blob).digest("hex")}`;
  const removals = await unpackLayer(
    { path, digest: digest || actual },
    root,
    limits as LayerLimits,
    AbortSignal.timeout(10_000),
  );
  return { root, dir: root, ...removals };
};

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: { code: string }) => error.code,
  );

describe("unpackLayer", () => {
  it("writes folders, files, links, modes and times from tar, gzip and zstd alike", async () => {
    const mtime = new Date("2024-01-02T03:04:05Z");
    const archive = await tar([
      { name: "./app/", type: "directory", mode: 0o750 },
      { name: "/app/run.sh", mode: 0o4755, mtime, content: "#!/bin/sh\n" },
      { name: "app/link", type: "symlink", linkname: "/etc/passwd" },
      { name: "app/same.sh", type: "link", linkname: "./app/run.sh" },
      { name: "dev/null", type: "character-device" },
    ]);
    const blobs = { plain: archive, gzip: gzipSync(archive), zstd: zstdCompressSync(archive) };
    for (const [name, blob] of Object.entries(blobs)) {
      const { root } = await unpack(blob, { name });
      const file = lstatSync(join(root, "app/run.sh"));
      expect(file.mode & 0o7777, "no set-user-id bit on this machine").toBe(0o755);
      expect(file.mtime).toEqual(mtime);
      expect(lstatSync(join(root, "app")).mode & 0o777).toBe(0o750);
      expect(readlinkSync(join(root, "app/link"))).toBe("/etc/passwd");
      expect(lstatSync(join(root, "app/same.sh")).ino).toBe(file.ino);
      expect(existsSync(join(root, "dev/null"))).toBe(false);
    }
  });

  it.each<[string, readonly Entry[]]>([
    ["a path with ..", [{ name: "app/../../evil", content: "x" }]],
    ["a hard link out of the layer", [{ name: "evil", type: "link", linkname: "../../../etc/passwd" }]],
    [
      "a hard link to a link",
      [
        { name: "a", type: "symlink", linkname: "/etc/passwd" },
        { name: "b", type: "link", linkname: "a" },
      ],
    ],
    [
      "a file through an absolute link",
      [
        { name: "out", type: "symlink", linkname: "/tmp" },
        { name: "out/evil", content: "x" },
      ],
    ],
    [
      "a folder through a link",
      [
        { name: "out", type: "symlink", linkname: ".." },
        { name: "out/evil/", type: "directory" },
      ],
    ],
    [
      "a hard link through a link",
      [
        { name: "out", type: "symlink", linkname: "/etc" },
        { name: "b", type: "link", linkname: "out/passwd" },
      ],
    ],
    [
      "a file below a file",
      [
        { name: "a", content: "x" },
        { name: "a/b", content: "x" },
      ],
    ],
    ["a root that is a link", [{ name: "./", type: "symlink", linkname: "/etc" }]],
    ["a whiteout of its parent", [{ name: "app/.wh...", content: "" }]],
  ])("refuses %s", async (_name, entries) => {
    expect(await code(unpack(await tar(entries)))).toBe("layer-invalid");
    expect(readdirSync(dir).filter((name) => name === "evil")).toEqual([]);
  });

  it("replaces what an earlier entry of the same name put there, also where that was a folder or a link", async () => {
    const { root } = await unpack(
      await tar([
        { name: "a/b/c", content: "old" },
        { name: "a", type: "symlink", linkname: "/etc" },
        { name: "a", type: "directory" },
        { name: "a/b", content: "new" },
      ]),
    );
    expect(readFileSync(join(root, "a/b"), "utf8")).toBe("new");
  });

  it("stops at its bounds, also for a small blob that unpacks to a large one", async () => {
    const bomb = gzipSync(await tar([{ name: "zeros", content: "0".repeat(50_000_000) }]));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await code(unpack(bomb, { limits: { bytes: 1_000_000, entries: 10 } }))).toBe("layer-too-large");
    const many = await tar(Array.from({ length: 20 }, (_, index) => ({ name: `f${index}` })));
    expect(await code(unpack(many, { name: "many", limits: { bytes: 1_000_000, entries: 10 } }))).toBe(
      "layer-too-large",
    );
  });

  it("refuses a blob of another digest, and one that is no archive", async () => {
    const archive = await tar([{ name: "a", content: "x" }]);
    expect(await code(unpack(archive, { digest: `sha256:${"0".repeat(64)}` }))).toBe("layer-invalid");
    expect(await code(unpack(Buffer.from("not a tar".repeat(100)), { name: "text" }))).toBe("layer-invalid");
    expect(await code(unpack(gzipSync(archive).subarray(0, 40), { name: "short" }))).toBe("layer-invalid");
  });
});

describe("mergeLayers", () => {
  it("lays layers over each other: later files win, whiteouts remove, opaque folders hide", async () => {
    const lower = await unpack(
      await tar([
        { name: "etc/keep", content: "1" },
        { name: "etc/gone", content: "1" },
        { name: "var/cache/a", content: "1" },
        { name: "link", type: "symlink", linkname: "/etc" },
      ]),
      { name: "lower" },
    );
    const upper = await unpack(
      await tar([
        { name: "etc/.wh.gone" },
        { name: "var/cache/.wh..wh..opq" },
        { name: "var/cache/b", content: "2" },
        { name: "etc/keep", content: "2" },
        { name: "link/", type: "directory" },
        { name: "link/inside", content: "2" },
      ]),
      { name: "upper" },
    );
    const target = join(dir, "merged");
    mkdirSync(target);
    mergeLayers([lower, upper], target);
    expect(readdirSync(join(target, "etc"))).toEqual(["keep"]);
    expect(readFileSync(join(target, "etc/keep"), "utf8")).toBe("2");
    expect(readdirSync(join(target, "var/cache"))).toEqual(["b"]);
    expect(readFileSync(join(target, "link/inside"), "utf8")).toBe("2");
    expect(readFileSync(join(lower.root, "etc/keep"), "utf8")).toBe("1");
  });

  it("does not remove through a link", async () => {
    const outside = join(dir, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "precious"), "x");
    const lower = await unpack(await tar([{ name: "out", type: "symlink", linkname: outside }]), { name: "lower" });
    const upper = await unpack(await tar([{ name: "out/.wh.precious" }, { name: "out/.wh..wh..opq" }]), {
      name: "upper",
    });
    const target = join(dir, "merged");
    mkdirSync(target);
    mergeLayers([lower, upper], target);
    expect(readdirSync(outside)).toEqual(["precious"]);
  });
});
