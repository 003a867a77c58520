// Faults of a bucket's methods, for properties: whichever strike, whatever is under way ends as without them.
import fc from "fast-check";

const rule = fc.record({
  match: fc.record({
    rpc: fc.constantFrom(
      ...["list", "get", "insert", "patch", "rewrite", "delete"].map((method) => `storage.objects.${method}`),
    ),
  }),
  fault: fc.constantFrom(
    { kind: "status", status: 503 },
    { kind: "status", status: 408 },
    { kind: "status", status: 429 },
    { kind: "reset-before" },
    { kind: "reset-after" },
    { kind: "break-request", afterBytes: 50 },
    { kind: "break-response", afterBytes: 5 },
  ),
  skip: fc.nat(3),
  times: fc.integer({ min: 1, max: 2 }),
});

/** As many in a row as retries are made for: more of them are told, which is another test. */
export const randomFaults = fc
  .array(rule, { maxLength: 4 })
  .filter((rules) => rules.reduce((sum, { times }) => sum + times, 0) <= 4);
