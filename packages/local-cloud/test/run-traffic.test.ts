// https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration
import { describe, expect, it } from "vitest";
import { ask, serverScript } from "./run-cloud.ts";
import { parent, parsed, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { call, create, image, revisions, service, update } = suite;

const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
const shortName = (name = ""): string => name.slice(name.lastIndexOf("/") + 1);

const deploy = (
  id: string,
  reference: string,
  version: string,
  more: object = {},
  mask: readonly string[] = ["template"],
) =>
  update(
    id,
    { template: { containers: [{ image: reference, env: [{ name: "VERSION", value: version }] }] }, ...more },
    mask,
  );

/** Versions that answered, with how often. */
const tally = async (uri: string, requests: number): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (let index = 0; index < requests; index++) {
    const { version } = parsed(await ask(uri));
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
};

describe("traffic", () => {
  // https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#send-to-latest
  it("follows the latest revision until it is pinned, and stays pinned when a new one is deployed", async () => {
    const reference = await image("sticky");
    const first = await create("sticky", reference);
    const one = shortName(first.latestReadyRevision);
    await update("sticky", { traffic: [{ type: byRevision, revision: one, percent: 100 }] }, ["traffic"]);
    const deployed = await deploy("sticky", reference, "2");
    expect(shortName(deployed.latestReadyRevision)).not.toBe(one);
    expect(deployed.trafficStatuses).toEqual([{ type: byRevision, revision: one, percent: 100 }]);
    expect(await tally(first.uri, 5)).toEqual({ 1: 5 });
    await update("sticky", { traffic: [] }, ["traffic"]);
    expect(await tally(first.uri, 5)).toEqual({ 2: 5 });
  });

  // https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
  it("is split by percentages, and every tag has an address of its own", async () => {
    const reference = await image("split");
    const { uri, latestReadyRevision } = await create("split", reference);
    const one = shortName(latestReadyRevision);
    const candidate = await deploy(
      "split",
      reference,
      "2",
      { traffic: [{ type: byRevision, revision: one, percent: 100 }, { tag: "candidate" }] },
      ["template", "traffic"],
    );
    const tagged = candidate.trafficStatuses.find(({ tag }) => tag === "candidate");
    expect(tagged?.uri).toBe(uri.replace("http://", "http://candidate---"));
    expect(parsed(await ask(tagged?.uri ?? "")).version).toBe("2");
    expect(await tally(uri, 5)).toEqual({ 1: 5 });
    const two = shortName(candidate.latestReadyRevision);
    const half = [
      { type: byRevision, revision: one, percent: 50 },
      { type: byRevision, revision: two, percent: 50 },
    ];
    await update("split", { traffic: half }, ["traffic"]);
    const counts = await tally(uri, 200);
    expect(counts["1"], "half of 200, six standard deviations").toBeGreaterThan(57);
    expect(counts["2"]).toBeGreaterThan(57);
    expect((await ask(tagged?.uri ?? "")).status, "the tag is gone").toBe(404);
  });

  it("is refused when it does not add up, or has tags that cannot be", async () => {
    await create("refused", await image("refused"));
    const patch = (traffic: readonly object[]) =>
      call("PATCH", `${parent}/services/refused?updateMask=traffic`, { traffic });
    expect(await patch([{ percent: 60 }])).toMatchObject({ status: 400 });
    expect(await patch([{ percent: 100 }, { tag: "Upper" }])).toMatchObject({ status: 400 });
    expect(await patch([{ percent: 100 }, { tag: "a".repeat(40) }])).toMatchObject({ status: 400 });
    expect(await patch([{ percent: 100, tag: "a" }, { tag: "a" }])).toMatchObject({ status: 400 });
    expect((await service("refused")).generation).toBe("1");
  });

  it("to a revision that does not exist changes nothing of what serves", async () => {
    const { uri, trafficStatuses } = await create("missing", await image("missing"));
    const previous = update("missing", { traffic: [{ type: byRevision, revision: "PREV", percent: 100 }] }, [
      "traffic",
    ]);
    await expect(previous).rejects.toMatchObject({
      code: 5,
      message: expect.stringContaining("Revision 'PREV' does not exist or is deleted."),
    });
    expect(await service("missing")).toMatchObject({
      trafficStatuses,
      terminalCondition: { state: "CONDITION_FAILED" },
    });
    expect((await ask(uri)).status).toBe(200);
    const corrected = await update("missing", { traffic: [] }, ["traffic"]);
    expect(corrected.terminalCondition.state).toBe("CONDITION_SUCCEEDED");
  });

  it("goes back to an earlier revision while the latest one is broken", async () => {
    const reference = await image("rescue");
    const { uri, latestReadyRevision } = await create("rescue", reference);
    const broken = update("rescue", { template: { containers: [{ image: reference, command: ["none"] }] } }, [
      "template",
    ]);
    await expect(broken).rejects.toMatchObject({ code: 9 });
    const pinned = await update(
      "rescue",
      { traffic: [{ type: byRevision, revision: shortName(latestReadyRevision), percent: 100 }] },
      ["traffic"],
    );
    expect(pinned.terminalCondition.state).toBe("CONDITION_SUCCEEDED");
    expect((await ask(uri)).status).toBe(200);
  });

  it("moves under requests without one that fails", async () => {
    const reference = await image("smooth", serverScript("setTimeout(() => response.end(JSON.stringify(about)), 20)"));
    const { uri } = await create("smooth", reference);
    const stop = new AbortController();
    const answers: number[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) answers.push((await ask(uri)).status);
    });
    for (const version of ["2", "3", "4"]) await deploy("smooth", reference, version);
    stop.abort();
    await Promise.all(clients);
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    expect(parsed(await ask(uri)).version).toBe("4");
  });
});

describe("a revision", () => {
  // https://cloud.google.com/run/docs/managing/revisions#delete
  it("is deleted unless it serves or is the latest", async () => {
    const reference = await image("prune");
    await create("prune", reference);
    await deploy("prune", reference, "2");
    const [latest, old] = await revisions("prune");
    const remove = (name = "") => call<{ error?: { message: string }; done?: boolean }>("DELETE", name);
    expect(await remove(latest?.name)).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining("latest created revision") } },
    });
    expect(await remove(old?.name)).toMatchObject({ status: 200, json: { done: true } });
    expect((await revisions("prune")).map(({ name }) => name)).toEqual([latest?.name]);
  });

  it("that nothing reaches any more is retired, and its processes end", async () => {
    const reference = await image("retire");
    const first = await create("retire", reference);
    const { pid } = parsed(await ask(first.uri));
    expect(pid).toBe(1);
    await deploy("retire", reference, "2");
    const old = (await revisions("retire")).find(({ name }) => name === first.latestReadyRevision);
    expect(old?.conditions.find(({ type }) => type === "Active")).toMatchObject({
      state: "CONDITION_FAILED",
      revisionReason: "RETIRED",
    });
    await expect
      .poll(() => suite.cloud().run.engine.fleet.counts(old?.name ?? ""), { timeout: 10_000 })
      .toMatchObject({ ready: 0 });
  });
});
