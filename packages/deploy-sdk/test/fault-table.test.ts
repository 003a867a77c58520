// Every method that the SDK calls × every fault: what it ends as is what the table says, and the fault has struck.
import { setTimeout as delay } from "node:timers/promises";
import { resolveStack } from "@slipway/config";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DeployError } from "../src/deploy-error.ts";
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget } from "../src/google/create-target.ts";
import { loopbackCredentials } from "../src/google/credentials.ts";
import { performStep } from "../src/provision/apply-provision.ts";
import type { Runtime } from "../src/types.ts";
import { type Act, acts, type Place } from "./faults/acts.ts";
import {
  type FaultName,
  faults,
  type Method,
  methods,
  rowOf,
  serviceFaults,
  wireFaults,
} from "./faults/fault-table.ts";
import { judgeRoles, missingGrants, renderPermissions } from "./faults/render-permissions.ts";
import { renderTable } from "./faults/render-table.ts";
import { type Life, liveWholeLife, releaseStack } from "./faults/whole-life.ts";
import { startCloud, type TestCloud } from "./support/cloud.ts";
import { createNodeWorkspace, type NodeWorkspace } from "./support/node-workspace.ts";
import { releaseTo } from "./support/releases.ts";
import { createFolder } from "./sync-support.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 4 });

let cloud: TestCloud;
let workspace: NodeWorkspace;
let shop: Life;
let folder: string;
const cleanups: (() => Promise<void>)[] = [];
const onEnd = (cleanup: () => Promise<void>): void => void cleanups.unshift(cleanup);
beforeAll(async () => {
  [cloud, workspace] = await Promise.all([startCloud(onEnd, { iam: "record" }), createNodeWorkspace(onEnd, "shared")]);
  folder = await createFolder({ "a.txt": "some text" }, onEnd);
  shop = await liveWholeLife(cloud, workspace, onEnd);
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

test("the table has a row for every method that a whole life calls, and for no other", () => {
  expect(shop.left).toEqual([]);
  expect(shop.called.filter((method) => !methods.includes(method as Method))).toEqual([]);
  expect(methods.filter((method) => !shop.called.includes(method))).toEqual([]);
});

test("a whole life uses no permission that provisioning does not grant, and something of every role", async () => {
  expect(missingGrants(shop.stack, shop.uses)).toEqual([]);
  const roles = await judgeRoles(shop.stack, shop.uses, cloud.permissionsOf);
  expect(roles.filter(({ used }) => used.length === 0).map(({ role }) => role)).toEqual(["roles/cloudsql.client"]);
  await expect(renderPermissions(shop.stack, roles)).toMatchFileSnapshot("../../../docs/permissions.md");
});

/** Long enough for a machine that is busy with other tests: a stall that is none would be one fault too many. */
const stallMs = 5000;
const longestPauseMs = 20;

/** Waits are written down, and short. */
function hurriedRuntime(): Runtime & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  return {
    ...systemRuntime,
    random: () => 0.5,
    sleep: (ms, signal) => {
      waits.push(ms);
      return systemRuntime.sleep(Math.min(ms, longestPauseMs), signal);
    },
    waits,
  };
}

let places = 0;
function openPlace(fault: FaultName) {
  places += 1;
  const id = `fault-${places}`;
  const { signal } = new AbortController();
  const runtime = hurriedRuntime();
  const options = {
    ...{ signal, runtime },
    // Who asks a service for its health is not who deploys: faults are for that one only.
    credentials: { ...loopbackCredentials(`${id}@localhost`), identityToken: loopbackCredentials().identityToken },
    ...(fault === "stall" && { stallMs }),
  };
  const stackOf = (version: string) =>
    resolveStack(releaseStack(id, shop.image, version), "local", { endpoint: cloud.url });
  const stack = stackOf("1");
  const own = createTarget(stack, options);
  const ofShop = createTarget(shop.stack, options);
  const place: Place = {
    ...{ id, stack, target: own, shop: { stack: shop.stack, target: ofShop }, runtime, folder },
    call: { signal, subject: id },
    perform: (action, where = "own") => {
      const given = where === "own" ? { stack, target: own } : { stack: shop.stack, target: ofShop };
      const step = { id: action.do, change: { kind: "create", resource: "", details: [] }, after: [], action } as const;
      const common = { workspace: workspace.root, runtime, signal, emit: () => {}, made: new Set<string>() };
      return performStep(step, { ...given, ...common });
    },
    release: async (version, ...units) => {
      const { results } = await releaseTo(own, stackOf(version), { workspace: workspace.root, runtime, units });
      for (const result of results) if (result.status === "failed") throw result.error;
    },
  };
  return { place, runtime, close: () => Promise.all([own.close(), ofShop.close()]) };
}

type Struck = { readonly error: DeployError | undefined; readonly value: unknown };

/** What comes of `work` under the fault, which has struck once. */
async function strike(method: Method, name: FaultName, place: Place, work: () => Promise<unknown>): Promise<Struck> {
  const match =
    name in wireFaults ? { rpc: method, principal: `${place.id}@localhost` } : { subject: subjectOf(method, place) };
  const consumed = await cloud.orderFault({ match, fault: faults[name] });
  const outcome = await work().then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  // What kills an instance looks for one now and then.
  for (let tries = 0; (await consumed()) === 0 && tries < 100; tries += 1) await delay(50);
  if ((await consumed()) !== 1) throw new Error(`it has struck ${await consumed()} times`);
  const { error, value } = outcome;
  if (error !== undefined && !(error instanceof DeployError)) throw error;
  return { error, value };
}
const units: Readonly<Record<string, string>> = { Services: "api", WorkerPools: "worker", Jobs: "migrate" };

/** What a fault of a service is meant for: a resource of the place's own where it may be named, else the method. */
function subjectOf(method: Method, { id }: Place): string {
  const unit = units[method.split(".").at(-2) ?? ""];
  return unit === undefined ? method : `${id}-${unit}`;
}

/** What it ends as, in the table's words where it is one of them, else what is wrong. */
async function endingOf(method: Method, name: FaultName): Promise<string> {
  const { place, runtime, close } = openPlace(name);
  try {
    const act: Act = acts[method];
    const ending =
      "reads" in act ? await endingOfRead(act, method, name, place) : await endingOfWrite(act, method, name, place);
    return name === "429" && Math.max(...runtime.waits) < 1000 * faults[name].retryAfterSeconds
      ? `${ending}, without waiting`
      : ending;
  } catch (error) {
    return `threw ${String(error)}`;
  } finally {
    await close();
  }
}

async function endingOfRead(
  { reads }: Extract<Act, { reads: unknown }>,
  method: Method,
  name: FaultName,
  place: Place,
): Promise<string> {
  const expected = JSON.stringify(await reads(place));
  const { error, value } = await strike(method, name, place, () => reads(place));
  if (error) return `an error: ${error.code}`;
  return JSON.stringify(value) === expected ? "done" : `not ${expected}, but ${JSON.stringify(value)}`;
}

let turns = Promise.resolve();
/** When all who came before have left. */
async function takeTurn(): Promise<Disposable> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const before = turns;
  turns = promise;
  await before;
  return { [Symbol.dispose]: resolve };
}

async function endingOfWrite(
  { before, does, made, after, alone }: Extract<Act, { does: unknown }>,
  method: Method,
  name: FaultName,
  place: Place,
): Promise<string> {
  await before?.(place);
  // A stall is before what it works on is touched, and waited for.
  using _turn = alone && name !== "stall" ? await takeTurn() : undefined;
  if ((await made(place)) !== 0) return "there before";
  const { error } = await strike(method, name, place, () => does(place));
  if (error && name in wireFaults && !error.retryable) return `an error that is not retryable: ${error.code}`;
  const first = await made(place);
  const second = await does(place).then(() => undefined, asDeployError);
  const last = await made(place);
  await after?.(place);
  if (last !== 1) return `made ${last} in the end`;
  if (!error) return first === 1 && !second ? "done" : `made ${first}; then ${second?.message ?? "done"}`;
  if (second) return second.hint !== undefined && !second.retryable ? "by hand" : `refused twice: ${second.message}`;
  return first === 0 ? "refused" : "an error, though it was applied";
}

function asDeployError(error: unknown): DeployError {
  if (error instanceof DeployError) return error;
  throw error;
}

async function endingsOf(method: Method, among: object): Promise<Readonly<Record<string, string>>> {
  const names = namesAmong(method, among);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await endingOf(method, name)] as const)),
  );
}

const namesAmong = (method: Method, among: object): readonly FaultName[] =>
  Object.keys(rowOf(method)).filter((name): name is FaultName => name in among);
const rowAmong = (method: Method, among: object) =>
  Object.fromEntries(namesAmong(method, among).map((name) => [name, rowOf(method)[name]]));

const { stall, ...quickFaults } = wireFaults;

describe.concurrent("a fault on the wire of", () => {
  test.each(methods)("%s", async (method) => {
    expect(await endingsOf(method, quickFaults)).toEqual(rowAmong(method, quickFaults));
  });
});

// All at once, since each of them is waited for.
test("a stall of any method", async () => {
  const found = await Promise.all(methods.map(async (method) => [method, await endingsOf(method, { stall })]));
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(methods.map((method) => [method, rowAmong(method, { stall })])),
  );
});

test("the document says what the table does", async () => {
  await expect(renderTable()).toMatchFileSnapshot("../../../docs/faults.md");
});

// After the test above, and so after those on the wire: some are meant for a method, whoever calls it.
describe.concurrent("a fault behind", () => {
  test.each(methods.filter((method) => namesAmong(method, serviceFaults).length > 0))("%s", async (method) => {
    expect(await endingsOf(method, serviceFaults)).toEqual(rowAmong(method, serviceFaults));
  });
});
