import { ConfigError } from "@slipway/config";
import { DeployError, type DeployEvent } from "@slipway/deploy-sdk";
import { describe, expect, test } from "vitest";
import { errorLines, presentError } from "./error.mts";
import { formatBytes, formatDuration, resultLine } from "./format.mts";
import { createPresenter, progressText } from "./presenter.mts";

describe("presentError", () => {
  test("lists every problem of a stack, with exit code 2", () => {
    const issues = [
      { path: "region", message: "must be a region" },
      { path: "services.api.image", message: 'there is no image "x"' },
    ];
    const presented = presentError(new ConfigError("invalid-stack", "stack.ts", "correct the fields", issues));
    expect(presented.exitCode).toBe(2);
    expect(errorLines(presented)).toEqual([
      "error  stack.ts: is not valid: 2 problems  [invalid-stack]",
      "       region: must be a region",
      '       services.api.image: there is no image "x"',
      "  fix  correct the fields",
    ]);
  });

  test("gives a deploy error's own exit code", () => {
    const error = new DeployError("locked", {
      subject: "environment staging",
      message: "is held by ann",
      hint: "wait",
    });
    expect(presentError(error)).toMatchObject({ exitCode: 5, code: "locked" });
  });

  test("an error that nobody expected is a bug of ours, with its stack", () => {
    const presented = presentError(new TypeError("x is undefined"));
    expect(presented).toMatchObject({ exitCode: 1, code: "internal" });
    expect(presented.details.length).toBeGreaterThan(0);
  });
});

describe("format", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [45_800_000, "45.8 MB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [12, "12 ms"],
    [1500, "1.5 s"],
    [61_000, "1 min 1 s"],
    [3_720_000, "1 h 2 min"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("a digest is shortened, a revision is not", () => {
    const version = `name@sha256:${"a".repeat(64)}`;
    expect(resultLine({ unit: "api", status: "unchanged", version })).toBe(
      "= api  unchanged  name@sha256:aaaaaaaaaaaa",
    );
    expect(resultLine({ unit: "api", status: "unchanged", version: "shop-api-1" })).toContain("shop-api-1");
  });
});

const record = () => {
  const written = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  return {
    written,
    output: (isTTY: boolean) => ({ stdout: sink("stdout"), stderr: { ...sink("stderr"), isTTY, columns: 60 } }),
  };
};
const progress = (done: number): DeployEvent => ({
  type: "progress",
  unit: "app",
  label: "uploading",
  done,
  total: 10,
  bytesDone: done * 100,
  bytesTotal: 1000,
});

describe("createPresenter", () => {
  test("tells people the story on stderr, and keeps stdout for the result", () => {
    const { written, output } = record();
    const present = createPresenter(output(false), { json: false, color: false, now: () => 0 });
    present.event({
      type: "plan",
      unit: "api",
      changes: [{ kind: "update", resource: "service shop-api", details: ["memory: 512Mi → 1Gi"] }],
    });
    present.result({ ok: true }, () => "done");
    expect(written).toEqual({
      stdout: "done\n",
      stderr: "api:\n  ~ update service shop-api\n      memory: 512Mi → 1Gi\n",
    });
  });

  test("gives programs one versioned object a line, errors included", () => {
    const { written, output } = record();
    const present = createPresenter(output(false), { json: true, color: false, now: () => 0 });
    const error = new DeployError("unhealthy", { subject: "api", message: "did not answer", hint: "pnpm logs api" });
    present.event({
      type: "unit-done",
      unit: "api",
      result: { unit: "api", status: "failed", error, rolledBack: true },
    });
    present.result({ done: [] }, () => "never shown");
    const lines = written.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      {
        version: 1,
        type: "unit-done",
        status: "failed",
        error: { code: "unhealthy", hint: "pnpm logs api" },
        rolledBack: true,
      },
      { version: 1, type: "result", result: { done: [] } },
    ]);
    expect(written.stderr).toBe("");
  });

  test("moves one progress line on a terminal, and clears it before the next line", () => {
    const { written, output } = record();
    const present = createPresenter(output(true), { json: false, color: false, now: () => 0 });
    present.event(progress(1));
    present.event(progress(10));
    present.line("next");
    expect(written.stderr).toBe(
      `\r\u001b[2K${progressText(progress(1) as never, 0)}\r\u001b[2K${progressText(progress(10) as never, 0)}\r\u001b[2Knext\n`,
    );
  });

  test("fits a terminal that says it has no width, and work whose end is not known", () => {
    const { written, output } = record();
    const stderr = { ...output(true).stderr, columns: 0 };
    const present = createPresenter({ ...output(true), stderr }, { json: false, color: false, now: () => 0 });
    present.event({ type: "progress", unit: "app", label: "reading", done: 7, total: 0 });
    expect(written.stderr).toBe("\r\u001b[2K  app  reading  7");
  });

  test("tells programs of progress twice a second, and of its end", () => {
    const { written, output } = record();
    let time = 0;
    const present = createPresenter(output(false), { json: true, color: false, now: () => time });
    for (let done = 1; done <= 10; done++) {
      present.event(progress(done));
      time += 100;
    }
    const told = written.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).done);
    expect(told).toEqual([1, 6, 10]);
  });

  test("says nothing of quick work without a terminal but its end", () => {
    const { written, output } = record();
    const present = createPresenter(output(false), { json: false, color: false, now: () => 0 });
    for (let done = 1; done <= 10; done++) present.event(progress(done));
    expect(written.stderr.trimEnd().split("\n")).toEqual(["  app  uploading  10/10  1.0 kB of 1.0 kB"]);
  });

  test("tells rate and time left once they mean something", () => {
    expect(progressText(progress(5) as never, 1000)).toBe(
      "  app  uploading  5/10  500 B of 1.0 kB  500 B/s  1.0 s left",
    );
  });
});
