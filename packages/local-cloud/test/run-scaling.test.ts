// https://cloud.google.com/run/docs/about-instance-autoscaling
import { describe, expect, it } from "vitest";
import { ask, serverScript } from "./run-cloud.ts";
import { parsed, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud({ idleMs: 300, queueMs: 600 });
const { create, image, service, update } = suite;

const counts = async (id: string) =>
  suite.cloud().run.engine.fleet.counts((await service(id)).latestReadyRevision ?? "");
const soon = { timeout: 15_000, interval: 20 };

/** Answers `/slow` when asked for `/go`, so that a test decides how long a request takes. */
const gated = serverScript(`
  globalThis.waiting ??= [];
  if (request.url === "/slow") return waiting.push(() => response.end(String(process.pid)));
  if (request.url === "/count") return response.end(String(waiting.length));
  if (request.url === "/go") for (const go of waiting.splice(0)) go();
  response.end(JSON.stringify(about))`);

describe("instances", () => {
  // https://cloud.google.com/run/docs/about-instance-autoscaling#scale-to-zero
  it("scale to zero when idle, and a request waits for the cold start", async () => {
    const { uri } = await create("cold", await image("cold"));
    await expect.poll(() => counts("cold"), soon).toMatchObject({ ready: 0, starting: 0 });
    expect((await ask(uri)).status).toBe(200);
    expect(await counts("cold")).toMatchObject({ ready: 1 });
  });

  // https://cloud.google.com/run/docs/configuring/min-instances
  it("stay at the minimum, of the revision or of the service", async () => {
    await create("warm", await image("warm"), { scaling: { minInstanceCount: 2 } });
    await expect.poll(() => counts("warm"), soon).toMatchObject({ ready: 2 });
    await create("warm-service", await image("warm-service"), {}, { scaling: { minInstanceCount: 1 } });
    await expect.poll(() => counts("cold"), soon).toMatchObject({ ready: 0 });
    expect(await counts("warm")).toMatchObject({ ready: 2 });
    expect(await counts("warm-service")).toMatchObject({ ready: 1 });
  });

  // https://cloud.google.com/run/docs/about-concurrency
  it("get no more requests at once than they may; more requests start more instances", async () => {
    const { uri } = await create("narrow", await image("narrow", gated), {
      maxInstanceRequestConcurrency: 2,
      scaling: { maxInstanceCount: 2 },
    });
    const slow = Array.from({ length: 4 }, () => ask(uri, { path: "/slow" }));
    await expect.poll(() => counts("narrow"), soon).toMatchObject({ ready: 2, inFlight: 4 });
    const refused = await ask(uri);
    expect(refused, "all are busy, no more are allowed, and the queue's time is over").toMatchObject({
      status: 429,
      text: "Rate exceeded.",
    });
    expect(suite.cloud().lines("narrow").join("\n")).toContain("no available instance");
    await suite.cloud().run.engine.fleet.close((await service("narrow")).latestReadyRevision ?? "", 0);
    expect(
      (await Promise.all(slow)).map(({ status }) => status),
      "cut off",
    ).toEqual([503, 503, 503, 503]);
  });

  it("that crash while they answer fail that request only, and are started again", async () => {
    const script = serverScript("if (request.url === '/crash') process.exit(1); response.end(JSON.stringify(about))");
    const { uri } = await create("fragile", await image("fragile", script), { scaling: { minInstanceCount: 1 } });
    expect((await ask(uri, { path: "/crash", method: "POST" })).status).toBe(503);
    expect((await ask(uri)).status).toBe(200);
    await expect.poll(() => counts("fragile"), soon).toMatchObject({ ready: 1 });
    expect(suite.cloud().lines("fragile")).toContain("Container called exit(1).");
  });

  // https://cloud.google.com/run/docs/configuring/healthchecks#liveness-probes: the instance goes, its service stays ready
  it("are shut down when their liveness probe fails, and started again", async () => {
    const script = serverScript(
      "if (request.url === '/break') globalThis.broken = true; response.writeHead(request.url === '/live' && globalThis.broken ? 500 : 200).end(JSON.stringify(about))",
    );
    const livenessProbe = { httpGet: { path: "/live" }, periodSeconds: 1, failureThreshold: 1 };
    const { uri } = await create("mortal", "", {
      containers: [{ image: await image("mortal", script), livenessProbe }],
      scaling: { minInstanceCount: 1 },
    });
    await ask(uri, { path: "/break" });
    await expect
      .poll(() => suite.cloud().lines("mortal").join("\n"), soon)
      .toContain("LIVENESS HTTP probe failed 1 time consecutively");
    await expect.poll(() => counts("mortal"), soon).toMatchObject({ ready: 1 });
    expect((await ask(uri)).status).toBe(200);
    expect((await service("mortal")).terminalCondition).toMatchObject({ type: "Ready", state: "CONDITION_SUCCEEDED" });
  });

  // https://cloud.google.com/run/docs/configuring/services/manual-scaling
  it("follow a fixed number where scaling is manual", async () => {
    const manual = (manualInstanceCount: number) => ({ scaling: { scalingMode: "MANUAL", manualInstanceCount } });
    await create("fixed", await image("fixed"), {}, manual(2));
    await expect.poll(() => counts("fixed"), soon).toMatchObject({ ready: 2 });
    await update("fixed", manual(0), ["scaling"]);
    await expect.poll(() => counts("fixed"), soon).toMatchObject({ ready: 0 });
  });

  it("are killed as an ordered fault, and start slowly as another", async () => {
    const order = (kind: string, delayMs?: number) =>
      suite.cloud().cloud.orderFault({ match: { subject: "faulty" }, fault: { kind, ...(delayMs && { delayMs }) } });
    const delayed = await order("slow-start", 400);
    const asked = performance.now();
    const { uri } = await create("faulty", await image("faulty"), { scaling: { minInstanceCount: 1 } });
    expect([await delayed(), performance.now() - asked > 400]).toEqual([1, true]);
    const killed = await order("kill-instance");
    await expect.poll(killed, soon).toBe(1);
    await expect.poll(() => suite.cloud().lines("faulty"), soon).toContain("Container terminated on signal 9.");
    await expect.poll(async () => (await ask(uri)).status, soon).toBe(200);
  });
});

describe("a request", () => {
  // https://cloud.google.com/run/docs/configuring/request-timeout
  it("is ended when it takes longer than it may, and its instance lives on", async () => {
    const { uri } = await create("slow", await image("slow", gated), { timeout: { seconds: 1 } });
    expect(await ask(uri, { path: "/slow" })).toMatchObject({ status: 504, text: "upstream request timeout" });
    expect((await ask(uri)).status).toBe(200);
    expect(await counts("slow")).toMatchObject({ inFlight: 0 });
    expect(parsed<{ pid: number }>(await ask(uri)).pid).toBe(1);
  });
});
