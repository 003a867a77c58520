import { describe, expect, it } from "vitest";
import { failed, reconciling, succeeded } from "./conditions.ts";
import type { Condition, Revision } from "./model.ts";
import { decideOutcome, outcomeConditions, type Situation } from "./outcome.ts";

const now = new Date(0);
const owner = "projects/p/locations/l-a1/services/s";
const revision = (name: string, ready: Condition): Revision =>
  ({ name: `${owner}/revisions/${name}`, conditions: [ready] }) as unknown as Revision;

const isReady = succeeded("Ready", now);
const isPending = reconciling("Ready", now);
const hasFailed = failed("Ready", now, { message: "It crashed.", revisionReason: "HEALTH_CHECK_CONTAINER_ERROR" });

const latest = [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }];
const to = (name: string) => [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: name, percent: 100 }];

const decide = (given: Partial<Situation> & Pick<Situation, "created">, others: readonly Revision[] = []) =>
  decideOutcome({
    ...{ targets: latest, isNew: true, latestReady: undefined, uriOfTag: (tag) => tag },
    findRevision: (name) => [given.created, ...others].find((one) => one.name.endsWith(`/${name}`)),
    ...given,
  });

describe("what should run", () => {
  it("waits for the verdict on a new revision", () => {
    expect(decide({ created: revision("s-2", isPending), latestReady: "s-1" })).toBeUndefined();
  });

  it("is the new revision once it is ready", () => {
    expect(decide({ created: revision("s-2", isReady), latestReady: "s-1" })).toMatchObject({
      statuses: [{ revision: "s-2" }],
    });
  });

  it("is a failure in Google's sentence when it is not, also where the shares go elsewhere", () => {
    const message = "Revision 's-2' is not ready and cannot serve traffic. It crashed.";
    expect(decide({ created: revision("s-2", hasFailed), latestReady: "s-1" })).toMatchObject({
      failure: { code: 9, message },
    });
    const pinned = { created: revision("s-2", hasFailed), targets: to("s-1") };
    expect(decide(pinned, [revision("s-1", isReady)])).toMatchObject({ failure: { message, routes: false } });
  });

  it("are the old shares' revisions when only shares changed, whatever becomes of a new one", () => {
    const back = { targets: to("s-1"), isNew: false };
    for (const state of [hasFailed, isPending]) {
      expect(decide({ ...back, created: revision("s-2", state) }, [revision("s-1", isReady)])).toMatchObject({
        statuses: [{ revision: "s-1" }],
      });
    }
    expect(decide({ created: revision("s-2", hasFailed), isNew: false, latestReady: "s-1" })).toMatchObject({
      statuses: [{ revision: "s-1" }],
    });
  });

  it("is a failure of the routes when a revision is named that does not exist or has failed", () => {
    const missing = decide({ created: revision("s-2", isReady), targets: to("PREV"), isNew: false });
    expect(missing).toMatchObject({
      failure: { code: 5, routes: true, message: expect.stringContaining("Revision 'PREV' does not exist") },
    });
    expect(
      decide({ created: revision("s-2", isReady), targets: to("s-1"), isNew: false }, [revision("s-1", hasFailed)]),
    ).toMatchObject({ failure: { routes: true } });
  });
});

describe("its conditions", () => {
  const types = ["RoutesReady", "ConfigurationsReady"];
  const states = (outcome: Parameters<typeof outcomeConditions>[0]) =>
    Object.fromEntries(
      outcomeConditions(outcome, types, now).map(({ type, state }) => [type, state.replace("CONDITION_", "")]),
    );
  it("tell a failed revision from routes that cannot be had", () => {
    const failure = { code: 9, message: "no" };
    expect(states({ statuses: [] })).toEqual({
      Ready: "SUCCEEDED",
      RoutesReady: "SUCCEEDED",
      ConfigurationsReady: "SUCCEEDED",
    });
    expect(states({ failure: { ...failure, routes: false } })).toEqual({
      Ready: "FAILED",
      RoutesReady: "RECONCILING",
      ConfigurationsReady: "FAILED",
    });
    expect(states({ failure: { ...failure, routes: true } })).toEqual({
      Ready: "FAILED",
      RoutesReady: "FAILED",
      ConfigurationsReady: "SUCCEEDED",
    });
  });
});
