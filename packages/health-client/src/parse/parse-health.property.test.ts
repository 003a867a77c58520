import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeProbe } from "../gate/judge-probe.ts";
import type { ParsedHealth, Status } from "../types.ts";
import { parseHealth } from "./parse-health.ts";

const words = [
  "pass",
  "ok",
  "UP",
  "Healthy",
  "working",
  "warn",
  "DEGRADED",
  "fail",
  "error",
  "DOWN",
  "ko",
  "odd",
  "",
  1,
  null,
];
const goodWords = new Set(["pass", "ok", "up", "healthy", "working"]);
const statuses = new Set<Status>(["pass", "warn", "fail", "unknown"]);
const httpStatus = fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 404, 405, 429, 500, 502, 503);
const key = fc.constantFrom(
  "status",
  "checks",
  "components",
  "entries",
  "details",
  "info",
  "db:responseTime",
  "__proto__",
  "name",
);

/** JSON that looks like health: the words and the keys of the formats in any place. */
const healthish = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...words),
    fc.record({ status: fc.constantFrom(...words), critical: fc.constantFrom(true, false, "yes", undefined) }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(key, fc.string({ maxLength: 8 })), tie("value"), { maxKeys: 5 }),
  ),
})).value;

const anyBody = fc.oneof(
  healthish.map((value) => JSON.stringify(value) ?? ""),
  fc.json(),
  fc.string(),
  fc.constantFrom("", "<html>", "[+]a ok\n[-]b failed", "OK", "\uFEFFok", "{", `${"[".repeat(5000)}`),
);

const parse = (body: string, code: number): ParsedHealth => parseHealth({ httpStatus: code, body });

test("never throws, and what it returns is bounded and named once", () => {
  fc.assert(
    fc.property(anyBody, httpStatus, (body, code) => {
      const report = parse(body, code);
      expect(statuses).toContain(report.status);
      expect(report.checks.length).toBeLessThanOrEqual(200);
      expect(new Set(report.checks.map(({ name }) => name)).size).toBe(report.checks.length);
      for (const check of report.checks) {
        expect(statuses).toContain(check.status);
        expect(check.message?.length ?? 0).toBeLessThanOrEqual(300);
        expect(check.latencyMs ?? 0).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("an HTTP error is never good", () => {
  fc.assert(
    fc.property(anyBody, httpStatus, (body, code) => {
      fc.pre(code >= 400);
      expect(["fail", "unknown"]).toContain(parse(body, code).status);
    }),
    { numRuns: 1_000 },
  );
});

test("what holds no good word never passes", () => {
  const notGood = fc.string({ maxLength: 12 }).filter((word) => !goodWords.has(word.trim().toLowerCase()));
  const shapes = notGood.chain((word) =>
    fc.constantFrom(
      JSON.stringify({ status: word }),
      JSON.stringify({ checks: { db: [{ status: word }] } }),
      JSON.stringify({ entries: { db: { status: word } } }),
      JSON.stringify({ details: { db: { status: word } }, info: {} }),
      JSON.stringify({ components: { db: { status: word } } }),
      JSON.stringify({ checks: [{ name: "db", status: word }] }),
      JSON.stringify({ db: word.replaceAll(":", "") }),
      JSON.stringify(word),
    ),
  );
  fc.assert(
    fc.property(shapes, (body) => {
      expect(parse(body, 200).status).not.toBe("pass");
    }),
    { numRuns: 2_000 },
  );
});

test("a failed check of unknown or critical weight never passes", () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      const report = parse(body, 200);
      const hasFailed = report.checks.some(({ status }) => status === "fail" || status === "warn");
      if (hasFailed) expect(report.status).not.toBe("pass");
    }),
    { numRuns: 2_000 },
  );
});

test("the gate passes only what the page shows as working or degraded", () => {
  fc.assert(
    fc.property(anyBody, httpStatus, (body, code) => {
      const parsed = parse(body, code);
      const verdict = judgeProbe({ kind: "report", report: { ...parsed, timing: { totalMs: 1 } } });
      if (verdict.pass) {
        expect(["pass", "warn"]).toContain(parsed.status);
        expect(parsed.checks.filter(({ status, critical }) => status === "fail" && critical !== false)).toEqual([]);
      }
    }),
    { numRuns: 2_000 },
  );
});
