import { describe, expect, test } from "vitest";
import { checkTier, defaultEdition } from "./tier.ts";

describe("tiers", () => {
  test.each([
    ["db-custom-1-3840", "ENTERPRISE"],
    ["db-custom-2-7680", "ENTERPRISE"],
    ["db-custom-96-638976", "ENTERPRISE"],
    ["db-f1-micro", "ENTERPRISE"],
    ["db-perf-optimized-N-4", "ENTERPRISE_PLUS"],
  ])("%s is of %s", (tier, edition) => {
    expect(checkTier(tier, edition)).toEqual({ tier, edition });
  });

  test.each([
    ["db-custom-2-7680", "ENTERPRISE_PLUS"],
    ["db-perf-optimized-N-4", "ENTERPRISE"],
    ["db-custom-3-7680", "ENTERPRISE"],
    ["db-custom-98-638976", "ENTERPRISE"],
    ["db-custom-2-7681", "ENTERPRISE"],
    ["db-custom-1-7680", "ENTERPRISE"],
    ["db-custom-8-3840", "ENTERPRISE"],
    ["", "ENTERPRISE"],
    [undefined, "ENTERPRISE"],
    ["db-custom-2-7680", "OTHER"],
  ])("%s of %s is refused", (tier, edition) => {
    expect(() => checkTier(tier, edition)).toThrow(expect.objectContaining({ code: 400 }));
  });

  test("are of the Enterprise edition up to PostgreSQL 15", () => {
    expect([defaultEdition(15), defaultEdition(16)]).toEqual(["ENTERPRISE", "ENTERPRISE_PLUS"]);
  });
});
