// Releases that succeed, and those that are refused before they begin.
import { describe, expect, test } from "vitest";
import { memoryTarget } from "./support/memory-target.ts";
import { failureOf, outcomes, recordEvents, releaseTo, servingOf } from "./support/releases.ts";
import { imageOf, shopStack } from "./support/stacks.ts";

describe("a release", () => {
  test("creates everything, each after what it needs", async () => {
    const target = await memoryTarget();
    const report = await releaseTo(target, shopStack("1"));
    expect(outcomes(report)).toEqual(["backend: unchanged", "migrate: released", "api: released", "worker: released"]);
    expect(report).toMatchObject({ exitCode: 0, done: ["backend", "migrate", "api", "worker"], notDone: [] });
    const made = target.writes.filter((write) => !/^(state|remove) /.test(write));
    expect(made.slice(0, 2)).toEqual(["jobs.apply shop-migrate", "jobs.run shop-migrate"]);
  });

  test("run again, plans nothing and writes nothing", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const report = await releaseTo(target, shopStack("1"));
    expect(outcomes(report)).toEqual([
      "backend: unchanged",
      "migrate: unchanged",
      "api: unchanged",
      "worker: unchanged",
    ]);
    expect(target.writes.length - before).toBe(0);
  });

  test("planned, says what would change, and writes nothing", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const report = await releaseTo(target, shopStack("2"), { mode: "plan" });
    expect(report.results.map(({ status }) => status)).toEqual(["unchanged", "planned", "planned", "planned"]);
    expect(report.results[2]).toMatchObject({
      changes: [
        { kind: "update", resource: "service shop-api", details: [expect.stringContaining("image: sha256:111")] },
      ],
    });
    expect(target.writes.length - before).toBe(0);
  });

  test("gives a new revision the traffic only after it has answered under its own address", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const before = target.writes.length;
    const { events, emit } = recordEvents();
    const report = await releaseTo(target, shopStack("2"), { units: ["api"], emit });
    expect(outcomes(report)).toEqual(["api: released"]);
    expect(target.writes.slice(before).filter((write) => write.startsWith("services"))).toEqual([
      "services.apply shop-api",
      "services.setShares shop-api",
    ]);
    const steps = events.flatMap((event) =>
      event.type === "step" ? [event.message.replace(/revision \S+/, "it")] : [],
    );
    expect(steps).toEqual(["it is ready", "it is well under its own address", "it has the traffic"]);
  });

  test("changes nothing for a commit alone", async () => {
    const target = await memoryTarget();
    const env = { COMMIT: "{commit}", RELEASE: "{release}" };
    const services = { api: { project: "apps/backend", image: "backend", env, public: true } };
    await releaseTo(target, shopStack("1", { services }));
    const commit = { sha: "another".padEnd(40, "0"), dirty: false };
    expect((await releaseTo(target, shopStack("1", { services }), { commit })).done).toHaveLength(4);
    expect(target.writes.filter((write) => write === "services.apply shop-api")).toHaveLength(1);
  });

  test("by force releases what is as it should be once more", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    const report = await releaseTo(target, shopStack("1"), { force: true, units: ["api"] });
    expect(outcomes(report)).toEqual(["api: released"]);
  });

  test("runs a migration only when another that is under way has ended", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"), { units: ["backend", "migrate"] });
    target.behave("2", "slow");
    const call = { signal: new AbortController().signal, subject: "somebody else" };
    const job = await target.jobs.get("shop-migrate", call);
    if (!job) throw new Error("there is no job");
    const spec = { ...job.spec, container: { ...job.spec.container, image: imageOf("2") } };
    await target.jobs.apply({ name: job.name, spec, labels: {}, generation: job.generation }, call);
    const theirs = await target.jobs.run({ ...job, spec }, call);
    const { events, emit } = recordEvents();
    const report = await releaseTo(target, shopStack("3"), { units: ["migrate"], emit });
    expect(outcomes(report)).toEqual(["migrate: released"]);
    const steps = events.flatMap((event) => (event.type === "step" ? [event.message] : []));
    expect(steps).toEqual([
      `execution ${theirs} is under way: it is waited for`,
      expect.stringMatching(/-3 was started$/),
      expect.stringMatching(/-3 succeeded$/),
    ]);
    expect((await target.jobs.execution("shop-migrate", theirs, call))?.state).toBe("succeeded");
  });

  test("puts traffic that was split by hand where the plan says, and says so", async () => {
    const target = await memoryTarget();
    await releaseTo(target, shopStack("1"));
    await releaseTo(target, shopStack("2"));
    const [{ revision: newest } = { revision: undefined }] = (await servingOf(target, "shop-api")) ?? [];
    const call = { signal: new AbortController().signal, subject: "by hand" };
    const revisions = await target.services.revisions("shop-api", call);
    const shares = revisions.slice(0, 2).map(({ name }) => ({ revision: name, percent: 50 }));
    await target.services.setShares({ name: "shop-api", shares }, call);
    const plan = await releaseTo(target, shopStack("2"), { units: ["api"], mode: "plan" });
    expect(plan.results[0]).toMatchObject({
      changes: [{ details: [expect.stringMatching(/traffic: .* 50 %, .* 50 % → /)] }],
    });
    await releaseTo(target, shopStack("2"), { units: ["api"] });
    expect(await servingOf(target, "shop-api")).toEqual([{ revision: newest, percent: 100 }]);
  });

  test("fills variables from the live services, and says which are not known yet", async () => {
    const target = await memoryTarget();
    const service = { project: "apps/backend", image: "backend", public: true };
    const env = { API: "{services.api.url}/v1", PLACE: "{region} {environment.name}" };
    const services = { api: service, web: { ...service, env } };
    const early = await releaseTo(target, shopStack("1", { services }), { units: ["web"] });
    expect(failureOf(early, "web").error).toMatchObject({
      code: "not-provisioned",
      message: "nothing is known yet for API: {services.api.url}",
      hint: "pnpm provision --env local",
    });
    await releaseTo(target, shopStack("1", { services }), { units: ["api"] });
    const again = await releaseTo(target, shopStack("1", { services }), { units: ["web"] });
    expect(outcomes(again)).toEqual(["web: released"]);
    const call = { signal: new AbortController().signal, subject: "web" };
    const live = await target.services.get("shop-web", call);
    expect(live?.spec.container.env).toEqual({
      API: expect.stringMatching(/^http:\/\/shop-api\.localhost:\d+\/v1$/),
      PLACE: "europe-west1 local",
    });
  });

  test("refuses a unit that the stack does not have, and a release id that is none", async () => {
    const target = await memoryTarget();
    await expect(releaseTo(target, shopStack("1"), { units: ["apii"] })).rejects.toMatchObject({ code: "usage" });
    await expect(releaseTo(target, shopStack("1"), { releaseId: "v1" })).rejects.toMatchObject({ code: "usage" });
  });

  test("refuses a dirty tree where the environment is protected, but plans it", async () => {
    const target = await memoryTarget();
    const stack = shopStack("1");
    const guarded = { ...stack, environment: { ...stack.environment, protected: true } };
    const commit = { sha: "abc", dirty: true };
    await expect(releaseTo(target, guarded, { commit })).rejects.toMatchObject({ code: "dirty-tree", exitCode: 2 });
    const { events, emit } = recordEvents();
    expect((await releaseTo(target, guarded, { commit, mode: "plan", emit })).exitCode).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: "warning" }));
  });
});
