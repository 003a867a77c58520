// `npm start` as a newcomer has it: up, again, the page in Chromium, a database that goes and comes back, Ctrl-C.
import type { ReleaseSummary } from "@slipway/deploy-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./support/browser.ts";
import { processesThatName } from "./support/local-processes.ts";
import { type Finished, runScript } from "./support/run-command.ts";
import {
  createPlace,
  type Place,
  resultOf,
  startStack,
  type UpResult,
  type UpStack,
  upOnce,
} from "./support/stack-up.ts";

const units = ["backend", "migrate", "api", "worker", "frontend"];
let place: Place;
let first: Finished;

beforeAll(async () => {
  place = await createPlace();
  first = await upOnce(place);
}, 300_000);
afterAll(() => place.remove(), 60_000);

describe("npm start -- --once", () => {
  test("deploys the five units, verifies them and leaves no process", () => {
    expect(first.code, first.stderr).toBe(0);
    const { status } = resultOf<UpResult>(first);
    expect(status.map(({ unit, state }) => [unit, state])).toEqual(units.map((unit) => [unit, "serving"]));
    expect(processesThatName(place.dataDir)).toEqual([]);
  });

  test("all tasks of the run belong to one release of one environment", () => {
    const reports = first.events.flatMap(({ type, result }) => (type === "result" && isReport(result) ? [result] : []));
    expect(reports.length).toBe(units.length);
    expect(new Set(reports.map(({ environment }) => environment))).toEqual(new Set(["local"]));
    expect(new Set(reports.map(({ releaseId }) => releaseId)).size).toBe(1);
  });

  test("again at once writes nothing", async () => {
    const again = await upOnce(place);
    expect(again.code, again.stderr).toBe(0);
    expect(resultOf<UpResult>(again).counters.writes).toEqual({ total: 0, byService: {} });
  }, 120_000);
});

type Report = { readonly environment: string; readonly releaseId: string };
const isReport = (value: unknown): value is Report =>
  typeof value === "object" && value !== null && "releaseId" in value;

describe("npm start", () => {
  let stack: UpStack;
  beforeAll(async () => {
    stack = await startStack(place);
  }, 180_000);
  afterAll(async () => {
    stack.child.kill("SIGKILL");
    await stack.finished;
  });

  const control = async (path: string): Promise<void> => {
    const response = await fetch(`${stack.endpoint}/_local/${path}`, { method: "POST" });
    expect(response.status, await response.text()).toBe(200);
  };

  test("the page from the bucket shows every component operational and the revision that the record names; a stopped database is named, and its recovery seen", async () => {
    const history = resultOf<readonly ReleaseSummary[]>(
      await runScript("history", ["api", "--json"], { env: stack.env }),
    );
    const revision = history[0]?.entries.find(({ unit }) => unit === "api");
    const version = revision?.status === "released" ? revision.outcome.version : "";
    expect(version).toMatch(/^botbalance-api-/);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://app.botbalance.me.localhost:${new URL(stack.endpoint).port}/`);
      const hero = page.getByRole("status");
      await expect.poll(() => hero.textContent(), { timeout: 30_000 }).toContain("All systems operational");
      expect(await page.locator("body").textContent()).toContain(version);
      await control("sql/botbalance-local:asia-southeast1:botbalance-db:stop");
      await expect.poll(() => hero.textContent(), { timeout: 60_000 }).toMatch(/down|degraded/);
      expect(await page.locator("body").textContent()).toMatch(/database/i);
      await control("sql/botbalance-local:asia-southeast1:botbalance-db:start");
      await expect.poll(() => hero.textContent(), { timeout: 60_000 }).toContain("All systems operational");
    } finally {
      await browser.close();
    }
  }, 180_000);

  test("Ctrl-C ends it with 130 and leaves no child", async () => {
    stack.child.kill("SIGINT");
    const { code } = await stack.finished;
    expect(code).toBe(130);
    expect(processesThatName(place.dataDir)).toEqual([]);
  }, 60_000);
});
