import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPath, isDigest, isTag, parsePath, parseReference } from "./names.ts";

const segment = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}$/);
const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
const digest = fc.stringMatching(/^sha256:[a-f0-9]{64}$/);
const path = fc.array(segment, { minLength: 3, maxLength: 5 }).map((segments) => segments.join("/"));
const isOwnHost = (host: string): boolean => host === "127.0.0.1:8790";

describe("image names", () => {
  test("are what they are made of", () => {
    fc.assert(
      fc.property(path, (text) => {
        expect(formatPath(parsePath(text))).toBe(text);
      }),
    );
  });

  test.each([
    "a",
    "a/b",
    "a/b/",
    "/a/b/c",
    "a//b/c",
    "A/b/c",
    "a/b/../c",
    "a/b/c:tag",
    "a/b/c@d",
    "a/b/ç",
    `a/b/${"c".repeat(300)}`,
  ])("are refused as %.20s", (text) => {
    expect(() => parsePath(text)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });
});

describe("references", () => {
  test("name the same image with any host, tag and digest", () => {
    const host = fc.constantFrom("", "asia-southeast1-docker.pkg.dev/", "127.0.0.1:8790/");
    fc.assert(
      fc.property(host, path, fc.option(tag), fc.option(digest), (prefix, name, withTag, withDigest) => {
        const text = `${prefix}${name}${withTag === null ? "" : `:${withTag}`}${withDigest === null ? "" : `@${withDigest}`}`;
        const found = parseReference(text, isOwnHost);
        expect(found && formatPath(found)).toBe(name);
        expect(found).toMatchObject({ tag: withTag ?? "latest" });
        expect(found?.digest).toBe(withDigest ?? undefined);
        expect(found?.location).toBe(prefix.startsWith("asia") ? "asia-southeast1" : undefined);
      }),
    );
  });

  test("are undefined for every other text, and never throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = parseReference(text, isOwnHost);
        if (found) expect(isTag(found.tag) && (found.digest === undefined || isDigest(found.digest))).toBe(true);
      }),
    );
  });
});
