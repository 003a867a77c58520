import { expect, test } from "vitest";
import { parseReference } from "./reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

test("reads host, path, tag and digest", () => {
  const repository = "asia-southeast1-docker.pkg.dev/p/r/api";
  expect(parseReference(repository)).toEqual({ repository, tag: "latest", digest: undefined });
  expect(parseReference(`${repository}:v1`)).toEqual({ repository, tag: "v1", digest: undefined });
  expect(parseReference(`${repository}:v1@${digest}`)).toEqual({ repository, tag: "v1", digest });
  expect(parseReference(`localhost:5000/api@${digest}`)?.repository).toBe("localhost:5000/api");
});

test.each([
  "nginx",
  "library/nginx:1",
  "https://host.dev/p",
  "host.dev/P",
  "host.dev/p@sha256:12",
  "host.dev/p:a b",
  "",
])("refuses %j", (text) => expect(parseReference(text)).toBeUndefined());
