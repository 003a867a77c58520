import { expect, test } from "vitest";
import { releaseLabels, revisionName } from "./revision-name.ts";

const release = "20261121T101530Z-9f2c";

test("tells the workload, the release and the attempt", () => {
  expect(revisionName("shop-api", release, [])).toMatch(/^shop-api-[a-z0-9]{8}-1$/);
});

test("another attempt of the same release has another name", () => {
  const first = revisionName("shop-api", release, []);
  expect(revisionName("shop-api", release, [first])).toBe(first.replace(/1$/, "2"));
  const second = revisionName("shop-api", release, ["shop-api-placeholder", first]);
  expect(revisionName("shop-api", release, ["shop-api-placeholder", second])).toBe(first.replace(/1$/, "3"));
});

test("fits 63 characters whatever the workload is called", () => {
  expect(revisionName("a".repeat(49), release, [])).toHaveLength(60);
  expect(revisionName("a".repeat(63), release, [])).toHaveLength(63);
});

test("labels have the characters that Google allows", () => {
  for (const value of Object.values(releaseLabels(release, "F".repeat(80))))
    expect(value).toMatch(/^[a-z0-9_-]{1,63}$/);
});
