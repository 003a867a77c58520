import { expect, test } from "vitest";
import { toHttpCall } from "./http-call.ts";

const template = "/v2/{name=projects/*/locations/*/jobs/*}:run";

test("takes the names from the message, and the body by its rule", () => {
  const name = "projects/p/locations/l/jobs/a b";
  expect(toHttpCall([{ method: "POST", template, body: "*" }], { name, etag: "e" })).toEqual({
    ...{ method: "POST", path: "/v2/projects/p/locations/l/jobs/a%20b:run", body: { etag: "e" } },
  });
  const update = { method: "PATCH", template: "/v2/{worker_pool.name=pools/*}", body: "worker_pool" } as const;
  const workerPool = { name: "pools/p" };
  expect(toHttpCall([update], { workerPool, updateMask: "a,b", allowMissing: true })).toEqual({
    ...{ method: "PATCH", path: "/v2/pools/p?updateMask=a%2Cb&allowMissing=true", body: workerPool },
  });
});

test("asks for what has no body by a query, messages by dots and lists one by one", () => {
  const message = { name: "pools/p", options: { version: 3 }, names: ["a", "b"], labels: {} };
  expect(toHttpCall([{ method: "GET", template: "/v2/{name=pools/*}" }], message)).toEqual({
    ...{ method: "GET", path: "/v2/pools/p?options.version=3&names=a&names=b" },
  });
});

test("goes by the first rule that the names are for, and by none for others", () => {
  const routes = ["/v2/{parent=pools/*}/revisions", "/v2/{parent=files/**}:list"].map((path) => ({
    ...{ method: "GET" as const, template: path },
  }));
  expect(toHttpCall(routes, { parent: "files/a/b" })?.path).toBe("/v2/files/a/b:list");
  for (const parent of ["pools/", "pools/a/b", "pools", "../pools/a", "", 1])
    expect(toHttpCall(routes, { parent })).toBeUndefined();
});
