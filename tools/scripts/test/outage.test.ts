// What is seen, and what goes on, when a part of the running stack is away: on the page in Chromium, at the API's public
// address, in the process table.
import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask } from "./support/ask.ts";
import { launchChromium } from "./support/browser.ts";
import { type ContainerProcess, containerProcesses } from "./support/container-processes.ts";
import { runScript } from "./support/run-command.ts";
import { createPlace, type Place, readUnits, startStack, stopStack, type UpStack } from "./support/stack-up.ts";
import { waitFor } from "./support/wait-for.ts";

const database = "sql/botbalance-local:asia-southeast1:botbalance-db";
const redis = "redis/botbalance-redis";
const well = "All systems operational";

let place: Place;
let stack: UpStack;
let api: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  place = await createPlace();
  stack = await startStack(place);
  const units = await readUnits(stack);
  api = units.get("api")?.url ?? "";
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(units.get("frontend")?.url ?? "");
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await stopStack(stack);
  await place.remove();
}, 60_000);

/** The page's headline, checked anew: it polls every 15 seconds by itself. */
const headline = async (expected: string): Promise<void> => {
  const hero = page.getByRole("status");
  await waitFor(
    `the page to say "${expected}"`,
    async () => {
      if ((await hero.textContent()) === expected) return true;
      await page.getByRole("button", { name: "Check now" }).click();
      return undefined;
    },
    60_000,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}; it says "${await hero.textContent()}"`);
  });
};
const component = (name: string) =>
  page.getByRole("region", { name: "Components" }).getByRole("listitem").filter({ hasText: name });
const control = async (path: string): Promise<void> => {
  const { status, text } = await ask(`${stack.endpoint}/_local/${path}`, {});
  expect(status, text).toBe(200);
};
const statusOf = async (path: string): Promise<number> => (await ask(`${api}${path}`)).status;
const processes = (): readonly ContainerProcess[] => containerProcesses(stack.child.pid ?? 0);
const workers = (): readonly ContainerProcess[] => processes().filter(({ argv }) => argv.at(-1) === "worker");

/** From the page: in through the API, by way of the queue to the worker, into PostgreSQL, and back out. */
const sendNonce = (nonce: string): Promise<number> =>
  page.evaluate(
    async ({ url, nonce }) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ nonce }) })).status;
    },
    { url: `${api}/api/echo`, nonce },
  );
const nonceArrived = (nonce: string): Promise<boolean> =>
  waitFor(
    `nonce ${nonce} to be in PostgreSQL`,
    async () => (await statusOf(`/api/echo/${nonce}`)) === 200 || undefined,
  );

beforeEach(() => headline(well));

test("a nonce sent from the page goes through the queue to the worker and is found in PostgreSQL", async () => {
  const nonce = randomUUID();
  expect(await sendNonce(nonce)).toBe(202);
  expect(await nonceArrived(nonce)).toBe(true);
});

describe("no container is restarted, and all recovers, when", () => {
  let before: readonly ContainerProcess[];
  beforeEach(() => {
    before = processes();
    expect(before.map(({ argv }) => argv.at(-1)).toSorted()).toEqual(["api", "worker"]);
  });

  test("Redis is away: the page names it and the worker, and the API, which lives without them, answers 200", async () => {
    await control(`${redis}:stop`);
    await headline("Some components are degraded: Redis, Worker");
    expect(await component("Database").textContent()).toContain("Operational");
    expect(await statusOf("/api/health")).toBe(200);
    expect(await statusOf("/api/health/detailed")).toBe(200);
    expect(await sendNonce(randomUUID())).toBe(503);
    await control(`${redis}:start`);
    await headline(well);
    const nonce = randomUUID();
    expect(await sendNonce(nonce)).toBe(202);
    expect(await nonceArrived(nonce)).toBe(true);
    expect(processes()).toEqual(before);
  }, 120_000);

  test("PostgreSQL is away: the page says that the service is down, the API answers 503 and its process lives", async () => {
    await control(`${database}:stop`);
    await headline("The service is down. Database not responding");
    expect(await component("Redis").textContent()).toContain("Operational");
    expect(await statusOf("/api/health")).toBe(503);
    expect(await statusOf("/api/health/detailed")).toBe(503);
    expect(await statusOf("/api/live")).toBe(200);
    const nonce = randomUUID();
    expect(await sendNonce(nonce)).toBe(202);
    await control(`${database}:start`);
    await headline(well);
    // Sent while the database was away, and written once it was back.
    expect(await nonceArrived(nonce)).toBe(true);
    expect(processes()).toEqual(before);
  }, 120_000);
});

test("a worker that hangs is seen by its task's round trip; killed, it is started again with the same revision", async () => {
  const [worker, ...others] = workers();
  expect(others).toEqual([]);
  if (!worker) throw new Error("no worker runs");
  process.kill(worker.pid, "SIGSTOP");
  await headline("Some components are degraded: Worker");
  expect(await component("Worker").textContent()).toContain("no worker took the task in time");
  expect(await statusOf("/api/health/detailed")).toBe(200);
  process.kill(worker.pid, "SIGKILL");
  await headline(well);
  const [again, ...more] = workers();
  expect(more).toEqual([]);
  expect(again).toMatchObject({ revision: worker.revision, argv: worker.argv });
  expect(again?.pid).not.toBe(worker.pid);
  const { stdout } = await runScript("logs", ["worker"], { env: stack.env });
  expect(stdout).toContain("Container terminated on signal 9.");
}, 120_000);
