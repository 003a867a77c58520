// The way back of each kind of unit, while it is used: no request fails, and status and history tell what happened. And
// what a deploy does about a traffic split that somebody made by hand.
import { randomUUID } from "node:crypto";
import type { ReleaseSummary } from "@slipway/deploy-sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { hammer } from "../support/hammer.ts";
import { createRunClients } from "../support/run-clients.ts";
import { resultOf } from "../support/stack-up.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Session, succeeds, type Units, type UseSession, version } from "./session.ts";

/** Asserts that `unit` serves its first version again, and that status and history say so, and by which release. */
const expectBackAtFirst = async ({ first, units, script }: Session, unit: string): Promise<void> => {
  const status = (await units()).get(unit);
  expect(status).toMatchObject({ state: "serving", version: version(first, unit) });
  const history = resultOf<readonly ReleaseSummary[]>(await script("history", unit, "--json"));
  expect(history[0]?.releaseId).toBe(status?.release);
  expect(history[0]?.entries).toMatchObject([
    { unit, status: "released", rollbackTo: first.get(unit)?.release, outcome: { version: version(first, unit) } },
  ]);
  const { stdout } = await script("history", unit);
  expect(stdout.split("\n")[1]).toContain(`${unit} back to ${first.get(unit)?.release}`);
};

/** Before anything else was released. */
export function judgeFirstRelease(use: UseSession): void {
  test.each(["api", "worker", "frontend"])(
    "%s: with one release there is no earlier one to go back to",
    async (unit) => {
      const { code, stderr } = await use().script("rollback", unit);
      expect(code).toBe(3);
      expect(stderr).toMatch(/^error {2}.*there is no earlier release that succeeded {2}\[no-earlier-release\]$/m);
      expect(version(await use().units(), unit)).toBe(version(use().first, unit));
    },
  );
}

/** After another release of API, worker and page. */
export function judgeRollback(use: UseSession): void {
  describe("after a second release", () => {
    let second: Units;
    const rollback = (unit: string): Promise<unknown> => succeeds(use().script("rollback", unit));
    beforeAll(async () => {
      second = await use().units();
      for (const unit of ["api", "worker", "frontend"])
        expect(version(second, unit)).not.toBe(version(use().first, unit));
    });

    test("the API goes back, and every request is answered", async () => {
      const visits = hammer({ lanes: 4 }, async () => {
        for (const path of ["/api/health", "/api/health/detailed"]) {
          const { status, text } = await ask(use().api + path);
          if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
        }
        return String((await ask(`${use().api}/api/live`)).json()["revision"]);
      });
      await visits.sees(version(second, "api"));
      await rollback("api");
      await visits.sees(version(use().first, "api"));
      const { seen, failures } = await visits.stop();
      expect(failures).toEqual([]);
      expect(new Set(seen)).toEqual(new Set([version(second, "api"), version(use().first, "api")]));
      await expectBackAtFirst(use(), "api");
    }, 120_000);

    test("the worker goes back, and no task is lost", async () => {
      const nonces: string[] = [];
      // The API takes sixty a minute from one caller.
      const visits = hammer({ lanes: 1, everyMs: 250 }, async () => {
        const nonce = randomUUID();
        const { status, text } = await ask(`${use().api}/api/echo`, { nonce });
        if (status !== 202) throw new Error(`${status} ${text}`);
        nonces.push(nonce);
        return "sent";
      });
      await visits.sees("sent");
      await rollback("worker");
      await visits.sees("sent");
      const { failures } = await visits.stop();
      expect(failures).toEqual([]);
      for (const nonce of nonces)
        await waitFor(
          `nonce ${nonce}`,
          async () => (await ask(`${use().api}/api/echo/${nonce}`)).status === 200 || undefined,
        );
      await expectBackAtFirst(use(), "worker");
    }, 120_000);

    test("the page goes back, and at no moment does it name a file that is not there", async () => {
      const expectFound = async (path: string): Promise<string> => {
        const { status, text } = await ask(`${use().site}${path}`);
        if (status !== 200) throw new Error(`${path}: ${status}`);
        return text;
      };
      /** A visit as a browser makes it; resolves with the script that the page names. */
      const visit = async (): Promise<string> => {
        const html = await expectFound("/");
        const named = Array.from(html.matchAll(/(?:src|href)="(\/[^"]+)"/g), ([, path = ""]) => path);
        for (const path of [...named, "/config.json"]) await expectFound(path);
        return named.find((path) => path.endsWith(".js")) ?? "no script";
      };
      const served = await visit();
      const visits = hammer({ lanes: 4 }, visit);
      await visits.sees(served);
      await rollback("frontend");
      const { seen, failures } = await visits.stop();
      expect(failures).toEqual([]);
      const now = await visit();
      expect(now).not.toBe(served);
      expect(seen.every((script) => script === served || script === now)).toBe(true);
      await expectBackAtFirst(use(), "frontend");
    }, 120_000);

    test("`pnpm deploy:api` after a manual traffic split puts the traffic where the plan says, and says so", async () => {
      const [one, two] = [version(use().first, "api"), version(second, "api")];
      const { services, nameOf } = createRunClients(use().stack.endpoint);
      const traffic = [one, two].map((revision) => ({
        type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION" as const,
        revision,
        percent: 50,
      }));
      const service = { name: nameOf("services", "botbalance-api"), traffic };
      const [operation] = await services.updateService({ service, updateMask: { paths: ["traffic"] } });
      await operation.promise();
      const split = await use().script("status");
      expect(split.stdout).toContain(`api: 50% ${one}, 50% ${two}`);

      const { stderr } = await succeeds(use().script("release", "api"));
      expect(stderr).toContain(`traffic: ${one} 50 %, ${two} 50 % → ${two} 100 %`);
      expect((await use().units()).get("api")).toMatchObject({
        state: "serving",
        version: two,
        traffic: [{ revision: two, percent: 100 }],
      });
    }, 120_000);
  });
}
