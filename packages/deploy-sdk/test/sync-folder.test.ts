import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { crc32cOf } from "../src/google/object-store-wire.ts";
import { compileGlobs } from "../src/sync/glob.ts";
import { openHashCache } from "../src/sync/hash-cache.ts";
import { hashFiles } from "../src/sync/hash-files.ts";
import { openPlanned, readPlanned } from "../src/sync/read-content.ts";
import { readFolder } from "../src/sync/read-folder.ts";
import { walkFolder } from "../src/sync/walk-folder.ts";
import { createFolder, writeFiles } from "./sync-support.ts";

const { signal } = new AbortController();
const nothing = compileGlobs([]);
const crcOf = (text: string): string => crc32cOf(Buffer.from(text));
const later = (): Date => new Date(Date.now() + 10_000);

const read = (folder: string, options: { readonly cacheFile?: string; readonly now?: () => Date } = {}) =>
  readFolder({ folder, exclude: nothing, signal, now: () => new Date(), ...options });
const checksums = async (...given: Parameters<typeof read>): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await read(...given)).files.map(({ path, crc32c }) => [path, crc32c]));

describe("a folder", () => {
  test("is read in the order of UTF-8 bytes, with every name that an object can have", async () => {
    const names = ["a/b", "a-b", "a b", "a#b", "a?b", "a..b", "..a", ".hidden", "é", "я/я", "\uffee", "😀", "[x]*"];
    const folder = await createFolder(Object.fromEntries(names.map((name) => [name, name])));
    const { files } = walkFolder(folder, { exclude: nothing });
    const sorted = names
      .map((name) => Buffer.from(name))
      .sort(Buffer.compare)
      .map(String);
    expect(Array.from(files, ({ path }) => path)).toEqual(sorted);
  });

  test("has all its problems told at once", async () => {
    const folder = await createFolder({ "good.txt": "1", "line\nbreak": "2", "bell\u0007": "3" });
    symlinkSync("/etc/passwd", join(folder, "passwd"));
    symlinkSync("nowhere", join(folder, "dangling"));
    symlinkSync(".", join(folder, "itself"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9)]), "latin1");
    await expect(read(folder)).rejects.toMatchObject({
      code: "site-unsafe",
      message: "7 files cannot be published",
      details: expect.arrayContaining([
        "caf\\xe9: its name is not UTF-8",
        "passwd: it is a symbolic link that leads out of the folder",
        "itself: it is a symbolic link to a folder that it is in",
        "pipe: it is a device, a socket or a pipe",
        "line\\u000abreak: its name has a line break, which no object's name can have",
      ]),
    });
  });

  test("is told to be unreadable where it is, not to be empty", async () => {
    const folder = await createFolder({ "open.txt": "1", "closed.txt": "2", "closed/a.txt": "3" });
    // Root reads everything. Whoever it becomes need not be able to read this checkout: all is loaded before.
    const script = `
      import { chmodSync } from "node:fs";
      import { readFolder } from ${JSON.stringify(new URL("../src/sync/read-folder.ts", import.meta.url).href)};
      chmodSync("closed.txt", 0); chmodSync("closed", 0);
      if (process.getuid() === 0) process.setuid(65534);
      await readFolder({ folder: ".", exclude: () => false, signal: new AbortController().signal, now: () => new Date() })
        .catch(({ details }) => console.log(JSON.stringify(details)));`;
    execFileSync("chmod", ["755", folder]);
    const told = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      encoding: "utf8",
    });
    execFileSync("chmod", ["-R", "u+rwX", folder]);
    expect(JSON.parse(told)).toEqual([
      "closed/: the folder cannot be read (EACCES)",
      "closed.txt: it cannot be read (EACCES)",
    ]);
  });

  test("keeps a name that really holds U+FFFD", async () => {
    const folder = await createFolder({ "a\ufffdb": "1" });
    expect(Object.keys(await checksums(folder))).toEqual(["a\ufffdb"]);
  });

  test("has links inside it published as what they lead to", async () => {
    const folder = await createFolder({ "v2/app.js": "app", "v2/deep/x.txt": "x" });
    symlinkSync("v2", join(folder, "latest"));
    symlinkSync("v2/app.js", join(folder, "app.js"));
    expect(await checksums(folder)).toEqual({
      "app.js": crcOf("app"),
      "latest/app.js": crcOf("app"),
      "latest/deep/x.txt": crcOf("x"),
      "v2/app.js": crcOf("app"),
      "v2/deep/x.txt": crcOf("x"),
    });
  });

  test("whose links multiply without end is given up", async () => {
    const folder = await createFolder();
    for (let level = 0; level < 20; level += 1) {
      mkdirSync(join(folder, `d${level}`));
      for (const link of ["a", "b"]) symlinkSync(`../d${level + 1}`, join(folder, `d${level}`, link));
    }
    mkdirSync(join(folder, "d20"));
    const { files } = walkFolder(folder, { exclude: nothing, maxEntries: 5000 });
    expect(() => Array.from(files)).toThrow(
      expect.objectContaining({ code: "usage", message: "it has more than 5000 files and folders" }),
    );
  });

  test("warns of names that are one file elsewhere", async () => {
    const folder = await createFolder({ "Logo.png": "1", "logo.png": "2" });
    expect((await read(folder)).warnings).toEqual([expect.stringContaining("Logo.png, logo.png")]);
  });

  test("stops being read when the caller aborts", async () => {
    const folder = await createFolder({ "large.bin": Buffer.alloc(64 * 2 ** 20) });
    const controller = new AbortController();
    const { files } = walkFolder(folder, { exclude: nothing });
    const hashing = hashFiles(files, {
      cache: openHashCache(undefined, folder),
      now: () => new Date(),
      signal: controller.signal,
    });
    controller.abort(new Error("interrupted"));
    await expect(hashing).rejects.toThrow("interrupted");
  });
});

describe("remembered checksums", () => {
  const setUp = async (): Promise<{ readonly folder: string; readonly cacheFile: string }> => {
    const folder = await createFolder({ "a.txt": "one", "b.txt": "two" });
    const cacheFile = join(await createFolder(), "cache");
    await read(folder, { cacheFile, now: later });
    return { folder, cacheFile };
  };
  /** How many files of the folder the cache answers for. */
  const known = async (folder: string, cacheFile: string): Promise<number> => {
    const { root, files } = walkFolder(folder, { exclude: nothing });
    const cache = openHashCache(cacheFile, root);
    return Array.from(files).filter(({ path, stamp }) => cache.lookup(path, stamp) !== undefined).length;
  };

  test("spare reading what has not changed", async () => {
    const { folder, cacheFile } = await setUp();
    expect(await known(folder, cacheFile)).toBe(2);
    expect(await checksums(folder, { cacheFile })).toEqual({ "a.txt": crcOf("one"), "b.txt": crcOf("two") });
  });

  test("are not kept for a file that is as young as clocks are coarse", async () => {
    const { folder, cacheFile } = await setUp();
    rmSync(cacheFile);
    await read(folder, { cacheFile });
    expect(await known(folder, cacheFile)).toBe(0);
  });

  test("notice a file rewritten in place with its old size and times", async () => {
    const { folder, cacheFile } = await setUp();
    const { atime, mtime } = statSync(join(folder, "a.txt"));
    writeFileSync(join(folder, "a.txt"), "ONE");
    utimesSync(join(folder, "a.txt"), atime, mtime);
    expect(await checksums(folder, { cacheFile })).toMatchObject({ "a.txt": crcOf("ONE") });
  });

  test("notice a file that another one was renamed to", async () => {
    const { folder, cacheFile } = await setUp();
    const { atime, mtime } = statSync(join(folder, "a.txt"));
    writeFileSync(join(folder, "new"), "ONE");
    utimesSync(join(folder, "new"), atime, mtime);
    renameSync(join(folder, "new"), join(folder, "a.txt"));
    expect(await checksums(folder, { cacheFile })).toMatchObject({ "a.txt": crcOf("ONE") });
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, -5)],
    ["edited", (text: string) => text.replace(crcOf("one"), crcOf("two"))],
    ["of another version", (text: string) => text.replace('"version":1', '"version":2')],
    ["no text at all", () => "\u0000\u0001"],
  ])("are not believed when the cache is %s", async (_, damage) => {
    const { folder, cacheFile } = await setUp();
    writeFileSync(cacheFile, damage(readFileSync(cacheFile, "utf8")));
    expect(await known(folder, cacheFile)).toBe(0);
    expect(await checksums(folder, { cacheFile })).toMatchObject({ "a.txt": crcOf("one") });
  });

  test("of another folder are none of this one's", async () => {
    const { cacheFile } = await setUp();
    const other = await createFolder({ "a.txt": "one" });
    expect(await known(other, cacheFile)).toBe(0);
  });

  test("forget files that are gone", async () => {
    const { folder, cacheFile } = await setUp();
    rmSync(join(folder, "b.txt"));
    await read(folder, { cacheFile, now: later });
    expect(readFileSync(cacheFile, "utf8")).not.toContain("b.txt");
  });

  test("that cannot be written are a warning", async () => {
    const { folder } = await setUp();
    const { warnings } = await read(folder, { cacheFile: join(folder, "a.txt/cache"), now: later });
    expect(warnings).toEqual([expect.stringContaining("could not be remembered")]);
  });
});

describe("a file that changes while it is read", () => {
  test("is refused when it is not what was planned", async () => {
    const folder = await createFolder({ "a.txt": "after" });
    const planned = { crc32c: crcOf("plan!"), sizeBytes: 5 };
    const refused = expect.objectContaining({ code: "conflict", retryable: true });
    expect(() => readPlanned(join(folder, "a.txt"), planned)).toThrow(refused);
    expect(() => readPlanned(join(folder, "gone.txt"), planned)).toThrow(refused);
    expect(() => readPlanned(join(folder, "a.txt"), { crc32c: crcOf("afte"), sizeBytes: 4 })).toThrow(refused);
  });

  test("is not read where a link has been put in its place", async () => {
    const folder = await createFolder();
    symlinkSync("/etc/passwd", join(folder, "a.txt"));
    const passwd = readFileSync("/etc/passwd");
    const planned = { crc32c: crc32cOf(passwd), sizeBytes: passwd.byteLength };
    expect(() => readPlanned(join(folder, "a.txt"), planned)).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  test("does not hang where a pipe has been put in its place", async () => {
    const folder = await createFolder();
    execFileSync("mkfifo", [join(folder, "a.txt")]);
    const planned = { crc32c: crcOf("x"), sizeBytes: 1 };
    expect(() => readPlanned(join(folder, "a.txt"), planned)).toThrow();
  });

  test("in pieces never gives its last piece", async () => {
    const folder = await createFolder({ "a.bin": "0123456789" });
    const content = openPlanned(join(folder, "a.bin"), { crc32c: crcOf("0123456789"), sizeBytes: 10 });
    onTestFinished(() => content.close());
    expect(Buffer.from(await content.read(0, 5)).toString()).toBe("01234");
    await writeFiles(folder, { "a.bin": "01234x6789" });
    await expect(content.read(5, 5)).rejects.toMatchObject({ code: "conflict" });
  });
});
