// What runs: services, worker pools and jobs, released as a deploy does it.
import { DeployError } from "../../src/deploy-error.ts";
import { createRest } from "../../src/provision/rest.ts";
import type { LiveWorkload } from "../../src/target.ts";
import type { Act, Place } from "./acts.ts";
import { grantOn, readsPolicy } from "./platform-acts.ts";

type HasContainer = { readonly container: { readonly env: Readonly<Record<string, string>> } };
const nameOf = ({ id }: Place, unit: string): string => `${id}-${unit}`;

/** 1 where this version is what was made last, and has all of the traffic. */
function serves(live: LiveWorkload<HasContainer> | undefined, version: string): number {
  if (live?.spec.container.env["VERSION"] !== version) return 0;
  return live.serving.length === 1 && live.serving[0]?.revision === live.latestCreated ? 1 : 0;
}

const collections = { api: "services", worker: "workerPools", migrate: "jobs" } as const;
type UnitName = keyof typeof collections;

async function remove(place: Place, unit: UnitName): Promise<void> {
  const path = `/v2/projects/${place.id}/locations/europe-west1/${collections[unit]}/${nameOf(place, unit)}`;
  const request = { api: "run", method: "DELETE", path, ...place.call } as const;
  await (await place.target.google.transport.request(request)).discard();
}

const createdBy = (unit: UnitName, made: (place: Place) => Promise<number>): Act => ({
  before: stateBucket,
  does: (place) => place.release("1", unit),
  made,
  after: (place) => remove(place, unit),
});
const updatedBy = (unit: UnitName, made: (place: Place) => Promise<number>): Act => ({
  before: async (place) => {
    await stateBucket(place);
    await place.release("1", unit);
  },
  does: (place) => place.release("2", unit),
  made,
  after: (place) => remove(place, unit),
});

function stateBucket({ perform, stack: { environment } }: Place): Promise<unknown> {
  const spec = { location: environment.region, open: false, mainPage: undefined };
  return perform({ do: "create-bucket", bucket: { name: environment.stateBucket, ...spec } });
}

const service = async (place: Place, version: string) =>
  serves(await place.target.services.get(nameOf(place, "api"), place.call), version);
const pool = async (place: Place, version: string) =>
  serves(await place.target.workers.get(nameOf(place, "worker"), place.call), version);
/** Without running it, which is RunJob's business. */
const writeJob = (version: string) => async (place: Place) => {
  const { target, call } = place;
  const name = nameOf(place, "migrate");
  const live = await target.jobs.get(name, call);
  if (live?.spec.container.env["VERSION"] === version) return;
  const spec = (await place.shop.target.jobs.get("shop-migrate", call))?.spec;
  if (!spec) throw new Error("there is no job");
  const container = { ...spec.container, env: { VERSION: version } };
  const { failure } = await target.jobs.apply(
    { name, spec: { ...spec, container }, labels: {}, generation: live?.generation },
    call,
  );
  if (failure !== undefined) throw new DeployError("not-ready", { subject: name, message: failure });
};
const job = async (place: Place, version: string) => {
  const live = await place.target.jobs.get(nameOf(place, "migrate"), place.call);
  return live?.spec.container.env["VERSION"] === version ? 1 : 0;
};
const executions = async (place: Place): Promise<number> => {
  const path = `/v2/projects/${place.id}/locations/europe-west1/jobs/${nameOf(place, "migrate")}/executions`;
  const list = await createRest(place.target.google.transport).get("run", path, place.call);
  return (list as { readonly executions?: readonly unknown[] } | undefined)?.executions?.length ?? 0;
};

export const runActs = {
  "google.cloud.run.v2.Services.GetService": {
    reads: async ({ shop, call }) => (await shop.target.services.get("shop-api", call))?.spec,
  },
  "google.cloud.run.v2.Services.CreateService": createdBy("api", (place) => service(place, "1")),
  "google.cloud.run.v2.Services.UpdateService": updatedBy("api", (place) => service(place, "2")),
  "google.cloud.run.v2.Services.GetIamPolicy": readsPolicy({ on: "service", name: "shop-api" }),
  "google.cloud.run.v2.Services.SetIamPolicy": grantOn({ on: "service", name: "shop-api" }, "roles/run.viewer"),
  "google.cloud.run.v2.Revisions.GetRevision": {
    reads: async ({ shop, call }) => {
      const live = await shop.target.services.get("shop-api", call);
      return shop.target.services.revision("shop-api", live?.latestReady ?? "", call);
    },
  },
  "google.cloud.run.v2.WorkerPools.GetWorkerPool": {
    reads: async ({ shop, call }) => (await shop.target.workers.get("shop-worker", call))?.spec,
  },
  "google.cloud.run.v2.WorkerPools.CreateWorkerPool": createdBy("worker", (place) => pool(place, "1")),
  "google.cloud.run.v2.WorkerPools.UpdateWorkerPool": updatedBy("worker", (place) => pool(place, "2")),
  "google.cloud.run.v2.Jobs.GetJob": { reads: ({ shop, call }) => shop.target.jobs.get("shop-migrate", call) },
  "google.cloud.run.v2.Jobs.CreateJob": { does: writeJob("1"), made: (place) => job(place, "1") },
  "google.cloud.run.v2.Jobs.UpdateJob": {
    before: writeJob("1"),
    does: writeJob("2"),
    made: (place) => job(place, "2"),
  },
  "google.cloud.run.v2.Jobs.RunJob": createdBy("migrate", executions),
  "google.cloud.run.v2.Executions.GetExecution": {
    reads: async ({ shop, call }) => {
      const live = await shop.target.jobs.get("shop-migrate", call);
      return shop.target.jobs.execution("shop-migrate", live?.latestExecution ?? "", call);
    },
  },
  "google.cloud.run.v2.Executions.ListExecutions": {
    reads: ({ shop, call }) => shop.target.jobs.executions("shop-migrate", call),
  },
  "google.longrunning.Operations.GetOperation": createdBy("api", (place) => service(place, "1")),
} satisfies Readonly<Record<string, Act>>;
