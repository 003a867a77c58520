import { describe, expect, test } from "vitest";
import type { LiveRevision, LiveWorkload, Readiness, Share, WorkerSpec } from "../target.ts";
import { decideRevision, type RevisionQuestion } from "./decide-revision.ts";

const spec = (version: string): WorkerSpec => ({
  container: {
    image: `eu-docker.pkg.dev/p/r/api@sha256:${version.repeat(64)}`,
    command: [],
    args: [],
    env: {},
    secrets: {},
    cpu: 1,
    memoryMb: 512,
    cloudSql: [],
    serviceAccount: "runtime@p",
  },
  instances: 1,
});
const ready: Readiness = { state: "ready" };
const failed: Readiness = { state: "failed", reason: "HEALTH_CHECK_CONTAINER_ERROR", message: "no" };
const revision = (name: string, version: string, readiness: Readiness = ready): LiveRevision<WorkerSpec> => ({
  name,
  spec: spec(version),
  readiness,
  createdAt: undefined,
  labels: {},
});
const workload = (shares: readonly Share[], latest = "w-2"): LiveWorkload<WorkerSpec> => ({
  name: "w",
  generation: "3",
  spec: spec("2"),
  url: undefined,
  latestCreated: latest,
  latestReady: latest,
  shares,
  serving: shares,
  readiness: ready,
  settled: true,
  labels: {},
  updatedAt: undefined,
});
const all = (name: string): readonly Share[] => [{ revision: name, percent: 100 }];
const decide = (question: Partial<RevisionQuestion<WorkerSpec>>) =>
  decideRevision({
    live: workload(all("w-2")),
    wanted: spec("2"),
    volatile: [],
    candidates: [revision("w-2", "2")],
    recorded: "w-2",
    force: false,
    ...question,
  });

describe("what to do with something that has revisions", () => {
  test("it does not exist: create", () => {
    expect(decide({ live: undefined, candidates: [] })).toEqual({ action: "create" });
  });
  test("what serves is as wanted, and recorded: keep", () => {
    expect(decide({})).toEqual({ action: "keep", revision: "w-2" });
  });
  test("what serves is as wanted, but in no record: record", () => {
    expect(decide({ recorded: "w-1" })).toEqual({ action: "record", revision: "w-2" });
  });
  test("the newest has every share without being named: name it", () => {
    expect(decide({ live: workload([{ revision: undefined, percent: 100 }]) })).toEqual({
      action: "share",
      revision: "w-2",
      details: ["traffic: newest 100 % → w-2 100 %"],
    });
  });
  test("somebody has split the shares: put them where the plan says, and say so", () => {
    const split = [
      { revision: "w-1", percent: 50 },
      { revision: "w-2", percent: 50 },
    ];
    expect(decide({ live: workload(split) })).toEqual({
      action: "share",
      revision: "w-2",
      details: ["traffic: w-1 50 %, w-2 50 % → w-2 100 %"],
    });
  });
  test("a trial was cut short: its tag is taken away", () => {
    const live = workload([...all("w-2"), { revision: "w-3", percent: 0, tag: "next" }]);
    expect(decide({ live })).toMatchObject({ action: "share", revision: "w-2" });
  });
  test("the tags of others stay", () => {
    expect(decide({ live: workload([...all("w-2"), { revision: "w-1", percent: 0, tag: "blue" }]) })).toMatchObject({
      action: "keep",
    });
  });
  test("an earlier one serves and is as wanted, though the newest is another: keep", () => {
    const question = {
      live: workload(all("w-1")),
      wanted: spec("1"),
      candidates: [revision("w-1", "1"), revision("w-2", "2")],
      recorded: "w-1",
    };
    expect(decide(question)).toEqual({ action: "keep", revision: "w-1" });
  });
  test("the newest is as wanted and ready, but does not serve: give it the shares", () => {
    const candidates = [revision("w-1", "1"), revision("w-2", "2")];
    expect(decide({ live: workload(all("w-1")), candidates, recorded: "w-1" })).toMatchObject({
      action: "share",
      revision: "w-2",
    });
  });
  test("the newest is as wanted, but failed: deploy anew", () => {
    const candidates = [revision("w-1", "1"), revision("w-2", "2", failed)];
    expect(decide({ live: workload(all("w-1")), candidates })).toMatchObject({ action: "deploy" });
  });
  test("nothing is as wanted: deploy, and say what differs from what serves", () => {
    expect(decide({ wanted: spec("3") })).toEqual({
      action: "deploy",
      details: [`image: sha256:${"2".repeat(12)} → sha256:${"3".repeat(12)}`],
    });
  });
  test("nothing is as wanted and the shares are split: the plan says both", () => {
    const split = [
      { revision: "w-1", percent: 30 },
      { revision: "w-2", percent: 70 },
    ];
    expect(decide({ wanted: spec("3"), live: workload(split) })).toMatchObject({
      details: [expect.stringContaining("image:"), "traffic: w-1 30 %, w-2 70 % → the new revision 100 %"],
    });
  });
  test("force deploys what is as it should be", () => {
    expect(decide({ force: true })).toEqual({ action: "deploy", details: ["a new revision of the same"] });
  });
});
