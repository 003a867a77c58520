// What a person waits for: a start from nothing, a start on the state of the last one, deploys; and what all of it weighs.
import { join } from "node:path";
import { withCloud } from "./bench-cloud.mts";
import type { Part } from "./part.mts";
import { treeBytes } from "./process-memory.mts";
import { findFreePort, noop, start, withoutCaches } from "./stack-runs.mts";

const figures = [
  {
    key: "fresh",
    what: "fresh bring-up: `npm start -- --once`, dependencies installed, empty cloud, empty caches",
    kind: "ms",
  },
  {
    key: "full",
    what: "full deploy: `nx run-many -t deploy` into a cloud that was only provisioned, images cached",
    kind: "ms",
    aim: { atMost: 10_000 },
  },
  {
    key: "warm",
    what: "warm start: `npm start -- --once` on the state of the last one, until all is verified",
    kind: "ms",
    aim: { atMost: 3_000 },
  },
  {
    key: "noop",
    what: "no-op: `nx run-many -t deploy` with everything as it should be",
    kind: "ms",
    aim: { atMost: 2_000 },
  },
  {
    key: "rest",
    what: "memory of the local cloud at rest, the stack deployed, without its databases and services",
    kind: "bytes",
    aim: { atMost: 150e6 },
  },
  { key: "all", what: "memory of everything running: cloud, PostgreSQL, Redis, API and worker", kind: "bytes" },
] as const satisfies Part["figures"];

export const bringUp: Part<(typeof figures)[number]["key"]> = {
  title: "Bring-up",
  figures,
  measure: async ({ folder, signal, say }) => {
    const place = { dataDir: join(folder, "state"), port: await findFreePort(), signal };
    say("fresh bring-up");
    const fresh = await withoutCaches(folder, (env) => start({ ...place, dataDir: join(folder, "fresh") }, env));
    say("full deploy");
    const full = await start(place);
    say("warm start");
    const warm = await start(place);
    if (warm.writes > 0) throw new Error(`a second start has written ${warm.writes} times`);
    say("no-op deploy");
    return withCloud(place, async (cloud) => ({
      fresh: fresh.readyMs,
      full: full.deployMs,
      warm: warm.readyMs,
      noop: await noop(cloud),
      rest: (await cloud.status()).memoryBytes,
      all: treeBytes(cloud.pid),
    }));
  },
};
