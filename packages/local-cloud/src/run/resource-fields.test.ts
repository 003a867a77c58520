import { describe, expect, it } from "vitest";
import { applyUpdate, checkEtag, sameValue } from "./resource-fields.ts";

const current = {
  name: "s",
  labels: { a: "1" },
  template: { timeout: "5s", scaling: { minInstanceCount: 1 } },
  uri: "http://s",
};
const settable = ["labels", "template"] as const;

describe("applyUpdate", () => {
  it("takes all that may be set when there is no mask: what is not said is no more", () => {
    expect(applyUpdate(current, { template: { timeout: "9s" }, uri: "forged" }, undefined, settable)).toEqual({
      ...{ name: "s", template: { timeout: "9s" }, uri: "http://s" },
    });
  });

  it("takes what the mask names, however deep and in either spelling", () => {
    const input = { template: { scaling: { minInstanceCount: 3 }, timeout: "9s" }, labels: { b: "2" } };
    expect(applyUpdate(current, input, "template.scaling.min_instance_count", settable)).toEqual({
      ...current,
      template: { timeout: "5s", scaling: { minInstanceCount: 3 } },
    });
    expect(applyUpdate(current, {}, "labels", settable)).not.toHaveProperty("labels");
    expect(applyUpdate(current, { uri: "forged" }, "uri", settable)).toEqual(current);
  });

  it("changes neither of its arguments", () => {
    const frozen = Object.freeze({ ...current, template: Object.freeze({ timeout: "5s" }) });
    expect(() => applyUpdate(frozen, { template: { timeout: "9s" } }, "template.timeout", settable)).not.toThrow();
  });
});

describe("sameValue", () => {
  it("minds neither the order of fields nor what is empty", () => {
    expect(sameValue({ a: 1, b: [], c: {} }, { c: { d: undefined }, a: 1 })).toBe(true);
    expect(sameValue({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(sameValue({ env: [{ name: "A", value: "" }] }, { env: [{ name: "A" }] })).toBe(true);
    expect(sameValue({ scaling: { minInstanceCount: 0 }, maxRetries: 0 }, { maxRetries: 3 })).toBe(false);
    expect(sameValue({ env: [{ name: "A", value: "1" }] }, { env: [{ name: "A", value: "2" }] })).toBe(false);
  });
});

describe("checkEtag", () => {
  it("refuses another version than the current one, and asks nobody for one", () => {
    const resource = { name: "projects/p/services/api", etag: '"new"' };
    expect(() => checkEtag(resource, '"old"')).toThrow("Conflict for resource 'api'");
    expect(() => checkEtag(resource, undefined)).not.toThrow();
    expect(() => checkEtag(resource, '"new"')).not.toThrow();
  });
});
