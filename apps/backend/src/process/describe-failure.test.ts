import { expect, test } from "vitest";
import { DeadlineError, withDeadline } from "./deadline.ts";
import { describeFailure } from "./describe-failure.ts";

const failure = (fields: object) => Object.assign(new Error("host 10.0.0.5, user appuser"), fields);

test.for([
  [failure({ code: "ECONNREFUSED" }), "unreachable (ECONNREFUSED)"],
  [failure({ code: "ENOENT" }), "unreachable (ENOENT)"],
  [failure({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "answered with an error (DEPTH_ZERO_SELF_SIGNED_CERT)"],
  [failure({ code: "28P01" }), "refused the login (28P01)"],
  [failure({ code: "3D000" }), "has no such database (3D000)"],
  [failure({ code: "57P03" }), "is starting or stopping (57P03)"],
  [failure({ code: "57014" }), "cancelled a slow statement (57014)"],
  [failure({ code: "XX000" }), "answered with an error (XX000)"],
  [failure({ name: "ReplyError", message: "WRONGPASS invalid username" }), "answered with an error (WRONGPASS)"],
  [new DeadlineError(1000), "no answer within 1000 ms"],
  [failure({}), "no usable answer"],
  ["a text", "no usable answer"],
] as const)("%s is called %s", ([error, expected]) => {
  expect(describeFailure(error)).toBe(expected);
});

test("a wait ends at its deadline, and only then", async () => {
  await expect(withDeadline(new Promise(() => {}), 5)).rejects.toThrow("no answer within 5 ms");
  await expect(withDeadline(Promise.resolve("in time"), 1000)).resolves.toBe("in time");
  await expect(withDeadline(Promise.reject(new Error("its own")), 1000)).rejects.toThrow("its own");
});
