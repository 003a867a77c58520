import fc from "fast-check";
import { expect, test } from "vitest";
import { judge, type Preconditions, readPreconditions, requireConditions, type Versioned } from "./preconditions.ts";

const small = fc.integer({ min: 0, max: 3 });
const optional = fc.option(small, { nil: undefined });
const currentArbitrary: fc.Arbitrary<Versioned | undefined> = fc.option(
  fc.record({ generation: fc.integer({ min: 1, max: 3 }), metageneration: fc.integer({ min: 1, max: 3 }) }),
  { nil: undefined },
);
const conditionsArbitrary = fc
  .record({
    generationMatch: optional,
    generationNotMatch: optional,
    metagenerationMatch: optional,
    metagenerationNotMatch: optional,
  })
  .map((conditions) => JSON.parse(JSON.stringify(conditions)) as Preconditions);

/** https://cloud.google.com/storage/docs/json_api/v1/objects/insert: each parameter as its own sentence. */
const sentences: readonly ((conditions: Preconditions, current: Versioned | undefined) => boolean)[] = [
  ({ generationMatch: wanted }, current) => wanted === undefined || wanted === (current?.generation ?? 0),
  ({ generationNotMatch: unwanted }, current) =>
    unwanted === undefined || (current !== undefined && unwanted !== current.generation),
  ({ metagenerationMatch: wanted }, current) => wanted === undefined || wanted === current?.metageneration,
  ({ metagenerationNotMatch: unwanted }, current) =>
    unwanted === undefined || (current !== undefined && unwanted !== current.metageneration),
];

test("all hold exactly when each holds by itself", () => {
  fc.assert(
    fc.property(conditionsArbitrary, currentArbitrary, (conditions, current) => {
      const each = sentences.every((holds) => holds(conditions, current));
      expect(judge(conditions, current) === "holds").toBe(each);
    }),
  );
});

test("a write is refused with 412 whatever does not hold, a read distinguishes not modified", () => {
  const current = { generation: 2, metageneration: 1 };
  expect(judge({ generationNotMatch: 2 }, current)).toBe("not-modified");
  expect(judge({ metagenerationNotMatch: 1 }, current)).toBe("not-modified");
  expect(judge({ generationMatch: 1, generationNotMatch: 2 }, current)).toBe("failed");
  expect(() => requireConditions({ generationNotMatch: 2 }, current)).toThrow(
    expect.objectContaining({ code: 412, reason: "conditionNotMet" }),
  );
});

test("reads the conditions of a target and of a source apart", () => {
  const query = new URLSearchParams("ifGenerationMatch=0&ifSourceMetagenerationNotMatch=7");
  expect(readPreconditions(query)).toEqual({ generationMatch: 0 });
  expect(readPreconditions(query, "ifSource")).toEqual({ metagenerationNotMatch: 7 });
  for (const value of ["-1", "1.5", "x", "99999999999999999999"])
    expect(() => readPreconditions(new URLSearchParams({ ifGenerationMatch: value }))).toThrow("ifGenerationMatch");
});
