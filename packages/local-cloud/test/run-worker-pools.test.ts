// https://cloud.google.com/run/docs/deploy-worker-pools
import { describe, expect, it } from "vitest";
import { parent, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { call, image, pool } = suite;
const soon = { timeout: 15_000, interval: 20 };

const worker = `
console.log("work " + (process.env.VERSION ?? "1") + " " + process.env.CLOUD_RUN_WORKER_POOL + " " + (process.env.PORT ?? "no port"));
process.on("SIGTERM", () => { console.log("drained"); process.exit(0) });
setInterval(() => {}, 1000);`;

const create = async (workerPoolId: string, script = worker, more: object = {}) => {
  const template = { containers: [{ image: await image(workerPoolId, script) }] };
  const [operation] = await suite
    .cloud()
    .clients.workerPools.createWorkerPool({ parent, workerPoolId, workerPool: { template, ...more } } as never);
  await operation.promise();
  return pool(workerPoolId);
};
const update = async (id: string, fields: object, paths: readonly string[]) => {
  const [operation] = await suite.cloud().clients.workerPools.updateWorkerPool({
    workerPool: { name: `${parent}/workerPools/${id}`, ...fields },
    updateMask: { paths: [...paths] },
  } as never);
  await operation.promise();
  return pool(id);
};
const ready = (revision = ""): number => suite.cloud().run.engine.fleet.counts(revision).ready;
const started = (id: string): number =>
  suite
    .cloud()
    .lines(id)
    .filter((line) => line.startsWith("work ")).length;

describe("a worker pool", () => {
  it("runs without a port, one instance where nothing is said, and reads back whole", async () => {
    const created = await create("plain");
    expect(created).toMatchObject({
      ...{ generation: "1", observedGeneration: "1", reconciling: false, scaling: { manualInstanceCount: 1 } },
      terminalCondition: { state: "CONDITION_SUCCEEDED" },
      instanceSplitStatuses: [{ type: "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST", percent: 100 }],
    });
    expect(suite.cloud().lines("plain")).toContain("work 1 plain no port");
    expect(ready(created.latestReadyRevision)).toBe(1);
  });

  it("follows its number of instances", async () => {
    const { latestReadyRevision } = await create("scaled", worker, { scaling: { manualInstanceCount: 2 } });
    await expect.poll(() => ready(latestReadyRevision), soon).toBe(2);
    await update("scaled", { scaling: { manualInstanceCount: 0 } }, ["scaling"]);
    await expect.poll(() => ready(latestReadyRevision), soon).toBe(0);
    expect(
      (
        await call("PATCH", `${parent}/workerPools/scaled?updateMask=scaling`, {
          scaling: { manualInstanceCount: 101 },
        })
      ).status,
    ).toBe(400);
    const mode = (scalingMode: string) =>
      call("PATCH", `${parent}/workerPools/scaled?updateMask=scaling`, { scaling: { scalingMode } });
    expect([(await mode("AUTOMATIC")).status, (await mode("MANUAL")).status]).toEqual([501, 200]);
  });

  it("starts again what crashes", async () => {
    const { latestReadyRevision = "" } = await create("crashing");
    expect(suite.cloud().run.engine.fleet.killOne(latestReadyRevision)).toBe(true);
    await expect.poll(() => started("crashing"), soon).toBe(2);
    await expect.poll(() => ready(latestReadyRevision), soon).toBe(1);
  });

  it("drains the old revision when a new one has started, and keeps it when that fails", async () => {
    const { latestReadyRevision, template } = await create("moved");
    const [container] = template.containers ?? [];
    const changed = await update(
      "moved",
      { template: { containers: [{ image: container?.image, env: [{ name: "VERSION", value: "2" }] }] } },
      ["template"],
    );
    expect(changed.latestReadyRevision).not.toBe(latestReadyRevision);
    await expect
      .poll(() => suite.cloud().lines("moved"), soon)
      .toEqual(expect.arrayContaining(["work 2 moved no port", "drained"]));
    const broken = update("moved", { template: { containers: [{ image: await image("moved", "process.exit(1)") }] } }, [
      "template",
    ]);
    await expect(broken).rejects.toMatchObject({
      code: 9,
      message: expect.stringContaining("The user-provided container failed to start."),
    });
    expect((await pool("moved")).latestReadyRevision).toBe(changed.latestReadyRevision);
    expect(ready(changed.latestReadyRevision)).toBe(1);
  });

  it("is split between revisions, and goes back to one", async () => {
    const { latestReadyRevision = "", template } = await create("split", worker, {
      scaling: { manualInstanceCount: 2 },
    });
    const one = latestReadyRevision.split("/").at(-1);
    const [container] = template.containers ?? [];
    const next = { containers: [{ image: container?.image, env: [{ name: "VERSION", value: "2" }] }] };
    const type = "INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION";
    const half = [
      { type, revision: one, percent: 50 },
      { type: "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST", percent: 50 },
    ];
    const changed = await update("split", { template: next, instanceSplits: half }, ["template", "instanceSplits"]);
    await expect.poll(() => [ready(latestReadyRevision), ready(changed.latestReadyRevision)], soon).toEqual([1, 1]);
    await update("split", { instanceSplits: [{ type, revision: one, percent: 100 }] }, ["instanceSplits"]);
    await expect.poll(() => ready(latestReadyRevision), soon).toBe(2);
  });

  it("is deleted with SIGTERM to its processes", async () => {
    await create("ended");
    const [operation] = await suite
      .cloud()
      .clients.workerPools.deleteWorkerPool({ name: `${parent}/workerPools/ended` });
    await operation.promise();
    await expect.poll(() => suite.cloud().lines("ended"), soon).toContain("drained");
    expect((await call("GET", `${parent}/workerPools/ended`)).status).toBe(404);
  });
});
