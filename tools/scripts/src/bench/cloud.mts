// The local cloud itself: what it takes in, gives out and passes on, and how much memory it needs for it. It is a process
// of its own; the client is this one, on the same machine.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../local/client.mts";
import { type Place, shell, startCloud, withCloud } from "./bench-cloud.mts";
import type { Part } from "./part.mts";
import { growthDuring, residentBytes } from "./process-memory.mts";
import { createRepository, pushImage } from "./registry-push.mts";
import { createStorageLoad, type StorageLoad } from "./storage-load.mts";

const objects = 20_000;
const objectBytes = 4_096;
const layerBytes = 100e6;
const largeBytes = 500e6;

const figures = [
  {
    key: "uploads",
    what: "uploads a second: objects of 4 kB over 32 connections, none of 20,000 lost by a `kill -9` after the last answer",
    kind: "per second",
    aim: { atLeast: 1_000 },
  },
  { key: "list", what: "list of 20,000 objects with all their fields, a thousand a page", kind: "ms" },
  { key: "resident", what: "memory with 20,000 objects, after they were listed", kind: "bytes" },
  { key: "push", what: "registry push of an image of 100 MB", kind: "ms" },
  { key: "pushGrowth", what: "memory that this push adds at its peak", kind: "bytes", aim: { atMost: 50e6 } },
  { key: "large", what: "upload of an object of 500 MB", kind: "ms" },
  { key: "largeGrowth", what: "memory that this upload adds at its peak", kind: "bytes", aim: { atMost: 50e6 } },
  { key: "bare", what: "requests a second straight to a service's process, 32 connections", kind: "per second" },
  { key: "ingress", what: "requests a second to the same process through the ingress", kind: "per second" },
  { key: "share", what: "the ingress' share of the bare process's requests", kind: "percent", aim: { atLeast: 35 } },
  { key: "latency", what: "latency that the ingress adds at the median, one connection", kind: "ms" },
] as const satisfies Part["figures"];

type Key = (typeof figures)[number]["key"];
type Values<Name extends Key> = Readonly<Record<Name, number>>;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

async function using<Value>(url: string, work: (load: StorageLoad) => Promise<Value>): Promise<Value> {
  const load = createStorageLoad(url);
  try {
    return await work(load);
  } finally {
    await load.close();
  }
}

/** Leaves a cloud that was killed right after it had confirmed the last upload. */
async function measureUploads(place: Place): Promise<Values<"uploads">> {
  const { url, pid } = await startCloud(place);
  const tookMs = await using(url, async (load) => {
    await load.createBucket();
    return timed(() => load.upload(objects, objectBytes));
  });
  process.kill(pid, "SIGKILL");
  while (isAlive(pid)) await sleep(20);
  return { uploads: objects / (tookMs / 1000) };
}

const measureObjects = (url: string, pid: number): Promise<Values<"list" | "resident">> =>
  using(url, async (load) => {
    let found = 0;
    const list = await timed(async () => {
      found = await load.list();
    });
    if (found !== objects) throw new Error(`${objects} uploads were confirmed, and ${found} objects are there`);
    return { list, resident: residentBytes(pid) };
  });

async function measureStreams(
  url: string,
  pid: number,
): Promise<Values<"push" | "pushGrowth" | "large" | "largeGrowth">> {
  await createRepository(url);
  let [push, large] = [0, 0];
  const pushGrowth = await growthDuring(pid, async () => {
    push = await pushImage(url, layerBytes);
  });
  const largeGrowth = await growthDuring(pid, async () => {
    large = await using(url, (load) => timed(() => load.stream(largeBytes)));
  });
  return { push, pushGrowth, large, largeGrowth };
}

type Load = { readonly perSecond: number; readonly p50Ms: number };

/** In a process of its own, with a cloud that serves Cloud Run alone. */
async function measureIngress(): Promise<Values<"bare" | "ingress" | "share" | "latency">> {
  const { stdout } = await shell`node packages/local-cloud/bench/ingress.ts`;
  const { one, many }: Record<"one" | "many", Record<"bare" | "through", Load>> = JSON.parse(stdout);
  const [bare, ingress] = [many.bare.perSecond, many.through.perSecond];
  return { bare, ingress, share: (ingress / bare) * 100, latency: one.through.p50Ms - one.bare.p50Ms };
}

export const cloud: Part<Key> = {
  title: "The local cloud",
  figures,
  measure: async ({ folder, signal, say }) => {
    const place = { dataDir: join(folder, "cloud"), port: 0, signal };
    say("uploads, then kill -9");
    const uploads = await measureUploads(place);
    say("list, registry push, a large object");
    const stored = await withCloud(place, async ({ url, pid }) => ({
      ...(await measureObjects(url, pid)),
      ...(await measureStreams(url, pid)),
    }));
    say("ingress");
    return { ...uploads, ...stored, ...(await measureIngress()) };
  },
};
