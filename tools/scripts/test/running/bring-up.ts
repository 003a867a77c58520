// From nothing to the page in Chromium, again without a write, and Ctrl-C.
import type { ReleaseSummary } from "@slipway/deploy-sdk";
import { describe, expect, test } from "vitest";
import { processesThatName } from "../support/local-processes.ts";
import { runScript } from "../support/run-command.ts";
import { resultOf, type UpResult } from "../support/stack-up.ts";
import type { Serving, Session } from "./session.ts";

const units = ["backend", "migrate", "api", "worker", "frontend"];

type Report = { readonly environment: string; readonly releaseId: string };
const isReport = (value: unknown): value is Report =>
  typeof value === "object" && value !== null && "releaseId" in value;

export function judgeBringUp(use: () => Session): void {
  describe("npm start -- --once", () => {
    test("deploys the five units, verifies them and leaves no process", () => {
      const { first, place } = use();
      expect(first.code, first.stderr).toBe(0);
      const { status } = resultOf<UpResult>(first);
      expect(status.map(({ unit, state }) => [unit, state])).toEqual(units.map((unit) => [unit, "serving"]));
      expect(processesThatName(place.dataDir)).toEqual([]);
    });

    test("all tasks of the run belong to one release of one environment", () => {
      const reports = use().first.events.flatMap(({ type, result }) =>
        type === "result" && isReport(result) ? [result] : [],
      );
      expect(reports.length).toBe(units.length);
      expect(new Set(reports.map(({ environment }) => environment))).toEqual(new Set(["local"]));
      expect(new Set(reports.map(({ releaseId }) => releaseId)).size).toBe(1);
    });

    test("again at once writes nothing", async () => {
      const again = await use().again();
      expect(again.code, again.stderr).toBe(0);
      expect(resultOf<UpResult>(again).counters.writes).toEqual({ total: 0, byService: {} });
    }, 120_000);
  });
}

export function judgePage(look: () => Serving): void {
  test("the page from the bucket shows every component operational and the revision that the record names", async () => {
    const { stack, page } = look();
    const options = { env: stack.env, cwd: stack.cwd };
    const history = resultOf<readonly ReleaseSummary[]>(await runScript("history", ["api", "--json"], options));
    const revision = history[0]?.entries.find(({ unit }) => unit === "api");
    const version = revision?.status === "released" ? revision.outcome.version : "";
    expect(version).toMatch(/^botbalance-api-/);
    const hero = page.getByRole("status");
    await expect.poll(() => hero.textContent(), { timeout: 30_000 }).toContain("All systems operational");
    expect(await page.locator("body").textContent()).toContain(version);
  }, 60_000);
}

export function judgeCtrlC(use: () => Session, look: () => Serving): void {
  test("Ctrl-C ends it with 130 and leaves no child", async () => {
    const { stack } = look();
    stack.child.kill("SIGINT");
    const { code } = await stack.finished;
    expect(code).toBe(130);
    expect(processesThatName(use().place.dataDir)).toEqual([]);
  }, 60_000);
}
