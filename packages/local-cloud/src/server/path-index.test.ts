import { expect, test } from "vitest";
import { createPathIndex } from "./path-index.ts";

const find = (templates: readonly string[], path: string) =>
  createPathIndex(templates.map((template) => ({ method: "GET", template, value: template }))).find("GET", path);

test("binds a variable of several segments", () => {
  expect(find(["/v2/{name=projects/*/locations/*}/services"], "/v2/projects/p/locations/l/services")).toEqual([
    { value: "/v2/{name=projects/*/locations/*}/services", params: { name: "projects/p/locations/l" } },
  ]);
});

test("binds a field of the body's message by its dotted name", () => {
  const [match] = find(["/v2/{service.name=projects/*/services/*}"], "/v2/projects/p/services/s");
  expect(match?.params).toEqual({ "service.name": "projects/p/services/s" });
});

test("a verb wins over a name that could swallow it", () => {
  const templates = ["/v1/{name=secrets/*/versions/*}", "/v1/{name=secrets/*/versions/*}:access"];
  expect(find(templates, "/v1/secrets/s/versions/latest:access").map(({ value }) => value)).toEqual([
    "/v1/{name=secrets/*/versions/*}:access",
    "/v1/{name=secrets/*/versions/*}",
  ]);
  expect(find(templates, "/v1/secrets/s/versions/a:b").map(({ params }) => params)).toEqual([
    { name: "secrets/s/versions/a:b" },
  ]);
});

test("prefers literals to wildcards", () => {
  const templates = ["/v2/{name=**}", "/v2/{name=*}", "/v2/entries"];
  expect(find(templates, "/v2/entries").map(({ value }) => value)).toEqual([
    "/v2/entries",
    "/v2/{name=*}",
    "/v2/{name=**}",
  ]);
});

test("any number of segments may stand in the middle", () => {
  const [match] = find(["/v2/{name=**}/blobs/{digest}"], "/v2/p/r/n/blobs/sha256:ab");
  expect(match?.params).toEqual({ name: "p/r/n", digest: "sha256:ab" });
});

test("decodes a single segment whole, and keeps an encoded slash among several", () => {
  expect(find(["/b/{bucket}/o/{object}"], "/b/x/o/a%2Fb%20c")[0]?.params).toEqual({ bucket: "x", object: "a/b c" });
  expect(find(["/v1/{name=projects/*/secrets/*}"], "/v1/projects/p/secrets/a%2Fb")[0]?.params).toEqual({
    name: "projects/p/secrets/a%2Fb",
  });
});

test("a broken percent-encoding is the caller's mistake", () => {
  expect(() => find(["/b/{bucket}"], "/b/%zz")).toThrow(expect.objectContaining({ code: 400 }));
});

test("an empty segment matches no `*`", () => {
  expect(find(["/b/{bucket}/o"], "/b//o")).toEqual([]);
});

test("refuses a template with two `**`", () => {
  expect(() => createPathIndex([{ method: "GET", template: "/{a=**}/{b=**}", value: 1 }])).toThrow(
    "not a path template",
  );
});
