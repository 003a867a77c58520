import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ObjectInfo } from "../google/object-store.ts";
import { planRetention } from "./retention.ts";
import type { Publication, SiteFile, SiteManifest } from "./site-types.ts";
import { copyName } from "./site-version.ts";

const dayMs = 24 * 60 * 60 * 1000;
const at = (day: number): string => new Date(day * dayMs).toISOString();
const commit = { sha: "c".repeat(40), dirty: false };

const fileOf = (path: string): SiteFile => ({
  path,
  sizeBytes: 1,
  crc32c: "AAAAAQ==",
  contentType: "text/plain",
  cacheControl: "no-cache",
  compression: "none",
  role: path.startsWith("assets/") ? "asset" : "file",
});
const manifestOf = (version: string, paths: readonly string[]): SiteManifest => ({
  schema: 1,
  site: "app",
  version,
  commit,
  files: paths.map(fileOf),
});
const objectOf = (name: string): ObjectInfo => ({
  name,
  generation: "1",
  metageneration: "1",
  sizeBytes: 1,
  crc32c: "AAAAAQ==",
});

const publication = (release: string, version: string, day: number, published = true): Publication => ({
  release,
  version,
  commit,
  startedAt: at(day),
  ...(published && { publishedAt: at(day) }),
});

describe("planRetention", () => {
  const manifests = {
    a: manifestOf("a", ["assets/a", "shared"]),
    b: manifestOf("b", ["assets/b", "shared"]),
    c: manifestOf("c", ["assets/c", "shared"]),
  };
  const next = manifestOf("d", ["assets/d", "shared"]);
  const paths = ["assets/a", "assets/b", "assets/c", "assets/x", "shared"];
  const input = {
    site: "app",
    now: new Date(100 * dayMs),
    manifests,
    next,
    objects: paths.map(objectOf),
    copies: [copyName("app", fileOf("shared"))].map(objectOf),
  };
  const gone = (publications: readonly Publication[], keep: { readonly releases: number; readonly days: number }) =>
    planRetention({ ...input, publications, keep }).expiry.objects.map(({ name }) => name);
  const three = [publication("1", "a", 1), publication("2", "b", 2), publication("3", "c", 99)];

  it.each([
    [{ releases: 4, days: 0 }, []],
    [{ releases: 3, days: 0 }, ["assets/a"]],
    [{ releases: 2, days: 0 }, ["assets/a", "assets/b"]],
    [{ releases: 1, days: 0 }, ["assets/a", "assets/b"]],
    // The second was live until the third came, one day ago.
    [{ releases: 1, days: 1 }, ["assets/a"]],
    [{ releases: 1, days: 98 }, []],
  ])("with %j of three releases gives up %j", (keep, expected) => {
    expect(gone(three, keep)).toEqual(expected);
  });

  it("keeps a release that was never finished as long as it may have been seen, and then removes what it left", () => {
    const publications = [publication("1", "a", 50, false), publication("2", "b", 90)];
    expect(gone(publications, { releases: 1, days: 20 })).toEqual([]);
    expect(gone(publications, { releases: 1, days: 5 })).toEqual(["assets/a"]);
    expect(gone([publication("1", "a", 50, false)], { releases: 1, days: 0 })).toEqual([]);
  });

  it("marks what it gives up, and forgets it when its manifest is gone", () => {
    const keep = { releases: 1, days: 0 };
    const first = planRetention({ ...input, publications: three, keep });
    expect(first.publications.map(({ release, expired }) => [release, expired ?? false])).toEqual([
      ["1", true],
      ["2", true],
      ["3", false],
    ]);
    const { c } = manifests;
    const second = planRetention({ ...input, manifests: { c }, publications: first.publications, keep });
    expect(second.publications.map(({ release }) => release)).toEqual(["3"]);
  });

  it("never gives up what a kept release or the new one refers to", () => {
    const path = fc.constantFrom("assets/1", "assets/2", "assets/3", "assets/4", "p1", "p2");
    const version = fc.constantFrom("v1", "v2", "v3", "v4");
    fc.assert(
      fc.property(
        fc.record({
          v1: fc.uniqueArray(path),
          v2: fc.uniqueArray(path),
          v3: fc.uniqueArray(path),
          v4: fc.uniqueArray(path),
        }),
        fc.array(fc.tuple(version, fc.integer({ min: 0, max: 100 }), fc.boolean()), { maxLength: 8 }),
        version,
        fc.record({ releases: fc.integer({ min: 1, max: 5 }), days: fc.integer({ min: 0, max: 100 }) }),
        (contents, steps, newest, keep) => {
          const known = Object.fromEntries(
            Object.entries(contents).map(([name, files]) => [name, manifestOf(name, files)]),
          );
          const days = steps.map(([, day]) => day).sort((a, b) => a - b);
          const publications = steps.map(([name, , published], index) =>
            publication(`r${index}`, name, days[index] ?? 0, published),
          );
          const wanted = known[newest] ?? manifestOf(newest, []);
          const { expiry, publications: left } = planRetention({
            ...input,
            manifests: known,
            next: wanted,
            objects: ["assets/1", "assets/2", "assets/3", "assets/4", "p1", "p2", "foreign"].map(objectOf),
            publications,
            keep,
          });
          const kept = left.filter(({ expired }) => !expired).map(({ version: name }) => name);
          const needed = new Set(
            [...kept, newest].flatMap((name) => known[name]?.files.map((file) => file.path) ?? []),
          );
          expect(expiry.objects.filter(({ name }) => needed.has(name) || name === "foreign")).toEqual([]);
          expect(expiry.versions.filter((name) => kept.includes(name) || name === newest)).toEqual([]);
          const published = publications.filter(({ publishedAt }) => publishedAt);
          for (const recent of published.slice(-Math.max(1, keep.releases - 1))) expect(left).toContain(recent);
        },
      ),
    );
  });
});
