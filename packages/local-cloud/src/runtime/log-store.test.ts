import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LogSource, parseLogLine } from "./log-entry.ts";
import { createLogStore, type LogStoreOptions } from "./log-store.ts";

const temporaryDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "logs-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
};

const open = (dir: string, limits?: LogStoreOptions["limits"]) =>
  createLogStore({ dir, now: () => new Date(), ...(limits && { limits }) });

const service = (name: string, project = "demo"): LogSource => ({
  project,
  resource: {
    type: "cloud_run_revision",
    labels: {
      project_id: project,
      location: "asia-southeast1",
      service_name: name,
      revision_name: `${name}-00001-abc`,
    },
  },
  labels: { instanceId: "i" },
});

const texts = (store: ReturnType<typeof open>, name?: string, limit = 100): (string | undefined)[] =>
  store.read({ project: "demo", ...(name && { name }) }, limit).map(({ textPayload }) => textPayload);

describe("createLogStore", () => {
  it("reads the newest entries in the order of writing, by service or for the whole project", () => {
    const store = open(temporaryDir());
    for (const [name, line] of [
      ["api", "1"],
      ["web", "2"],
      ["api", "3"],
    ] as const) {
      store.append(service(name), "stdout", parseLogLine(line));
    }
    store.append(service("api", "other"), "stdout", parseLogLine("not ours"));
    expect(texts(store)).toEqual(["1", "2", "3"]);
    expect(texts(store, "api")).toEqual(["1", "3"]);
    expect(texts(store, "api", 1)).toEqual(["3"]);
  });

  it("keeps entries for a store that is opened later", () => {
    const dir = temporaryDir();
    const first = open(dir);
    first.append(service("api"), "stderr", parseLogLine("kept"));
    first.close();
    const [entry] = open(dir).read({ project: "demo" }, 1);
    expect(entry).toMatchObject({
      textPayload: "kept",
      logName: "projects/demo/logs/run.googleapis.com%2Fstderr",
      labels: { instanceId: "i" },
    });
  });

  it("drops the oldest segments, so that a chatty container cannot fill the disk", async () => {
    const store = open(temporaryDir(), { segmentBytes: 500, segments: 2 });
    for (let line = 1; line <= 40; line++) {
      store.append(service("api"), "stdout", parseLogLine(String(line)));
      store.read({ project: "none" }, 1); // flushes
    }
    const kept = texts(store);
    expect(kept.length).toBeLessThan(10);
    expect(kept.at(-1)).toBe("40");
  });

  it("follows what matches from the call on, until the signal", async () => {
    const store = open(temporaryDir());
    const stop = new AbortController();
    const entries = store.follow({ project: "demo", name: "api" }, stop.signal);
    store.append(service("web"), "stdout", parseLogLine("no"));
    store.append(service("api"), "stdout", parseLogLine("yes"));
    expect((await entries.next()).value).toMatchObject({ textPayload: "yes" });
    const next = entries.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });

  it("refuses a resource whose name would leave the folder", () => {
    const store = open(temporaryDir());
    expect(() => store.append(service("../api"), "stdout", parseLogLine("x"))).toThrow(TypeError);
  });
});
