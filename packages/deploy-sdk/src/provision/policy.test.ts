import { expect, test } from "vitest";
import { hasBinding, type Policy, withBindings } from "./policy.ts";

const invoker = { role: "roles/run.invoker", member: "allUsers" };
const policy: Policy = {
  etag: "abc",
  version: 3,
  bindings: [
    { role: "roles/viewer", members: ["user:a@example.com"] },
    { role: "roles/run.invoker", members: ["allUsers"], condition: { expression: "false" } },
  ],
};

test("does not take a binding under a condition for one that holds", () => {
  expect(hasBinding(policy, invoker)).toBe(false);
  expect(hasBinding(withBindings(policy, [invoker]), invoker)).toBe(true);
});

test("adds to what is there, keeps everybody else's and the etag", () => {
  const added = withBindings(policy, [invoker, { role: "roles/viewer", member: "user:b@example.com" }]);
  expect(added).toEqual({
    etag: "abc",
    version: 3,
    bindings: [
      { role: "roles/viewer", members: ["user:a@example.com", "user:b@example.com"] },
      { role: "roles/run.invoker", members: ["allUsers"], condition: { expression: "false" } },
      { role: "roles/run.invoker", members: ["allUsers"] },
    ],
  });
  expect(policy.bindings[0]?.members).toEqual(["user:a@example.com"]);
});

test("leaves a policy as it is that has all of them", () => {
  expect(withBindings(policy, [{ role: "roles/viewer", member: "user:a@example.com" }])).toBe(policy);
});
