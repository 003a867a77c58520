import { expect, test } from "vitest";
import type { RecordName } from "../engine/records.ts";
import { chooseEarlier } from "./choose-earlier.ts";

const id = (hour: number): string => `20261121T${String(hour).padStart(2, "0")}0000Z-0000`;
const record = (hour: number, version: string, status: RecordName["status"] = "released"): RecordName => ({
  object: `o${hour}`,
  generation: "1",
  unit: "api",
  releaseId: id(hour),
  status,
  version,
});

test("goes to the last that succeeded before, past failures and the same version", () => {
  const records = [record(5, "v3"), record(4, "", "failed"), record(3, "v3"), record(2, "v2"), record(1, "v1")];
  expect(chooseEarlier(records, { version: "v3", releasedBy: id(5) })?.version).toBe("v2");
});

test("a second rollback goes further back, not forth again", () => {
  const records = [record(4, "v2"), record(3, "v3"), record(2, "v2"), record(1, "v1")];
  expect(chooseEarlier(records, { version: "v2", releasedBy: id(2) })?.version).toBe("v1");
});

test("what serves without a record goes to the newest that has one", () => {
  expect(
    chooseEarlier([record(2, "v2"), record(1, "v1")], { version: "by-hand", releasedBy: undefined })?.version,
  ).toBe("v2");
});

test("there may be none", () => {
  expect(chooseEarlier([record(1, "v1")], { version: "v1", releasedBy: id(1) })).toBeUndefined();
  expect(chooseEarlier([], { version: undefined, releasedBy: undefined })).toBeUndefined();
});
