// What is seen, and what goes on, when a part of the running stack is away: on the page in Chromium, at the API's public
// address, in the process table.
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { type ContainerProcess, containerProcesses } from "../support/container-processes.ts";
import { runScript } from "../support/run-command.ts";
import { waitFor } from "../support/wait-for.ts";
import { database, redis, type Serving } from "./session.ts";

const well = "All systems operational";

export function judgeOutages(look: () => Serving): void {
  describe("a part that is away", () => {
    /** The page's headline; checked anew, unless it is to poll by itself, which it does every 15 seconds. */
    const headline = async (expected: string, { byItself = false } = {}): Promise<void> => {
      const hero = look().page.getByRole("status");
      await waitFor(
        `the page to say "${expected}"`,
        async () => {
          if ((await hero.textContent()) === expected) return true;
          if (!byItself) await look().page.getByRole("button", { name: "Check now" }).click();
          return undefined;
        },
        60_000,
      ).catch(async (error: Error) => {
        throw new Error(`${error.message}; it says "${await hero.textContent()}"`);
      });
    };
    const component = (name: string) =>
      look().page.getByRole("region", { name: "Components" }).getByRole("listitem").filter({ hasText: name });
    const statusOf = async (path: string): Promise<number> => (await ask(`${look().api}${path}`)).status;
    const processes = (): readonly ContainerProcess[] => containerProcesses(look().stack.child.pid ?? 0);
    const workers = (): readonly ContainerProcess[] => processes().filter(({ argv }) => argv.at(-1) === "worker");

    /** From the page: in through the API, by way of the queue to the worker, into PostgreSQL, and back out. */
    const sendNonce = (nonce: string): Promise<number> =>
      look().page.evaluate(
        async ({ url, nonce }) => {
          const headers = { "content-type": "application/json" };
          return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ nonce }) })).status;
        },
        { url: `${look().api}/api/echo`, nonce },
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
        await look().control(`${redis}:stop`);
        await headline("Some components are degraded: Redis, Worker");
        expect(await component("Database").textContent()).toContain("Operational");
        expect(await statusOf("/api/health")).toBe(200);
        expect(await statusOf("/api/health/detailed")).toBe(200);
        expect(await sendNonce(randomUUID())).toBe(503);
        await look().control(`${redis}:start`);
        await headline(well);
        const nonce = randomUUID();
        expect(await sendNonce(nonce)).toBe(202);
        expect(await nonceArrived(nonce)).toBe(true);
        expect(processes()).toEqual(before);
      }, 120_000);

      test("PostgreSQL is away: the page says that the service is down, the API answers 503 and its process lives", async () => {
        await look().control(`${database}:stop`);
        await headline("The service is down. Database not responding", { byItself: true });
        expect(await component("Redis").textContent()).toContain("Operational");
        expect(await statusOf("/api/health")).toBe(503);
        expect(await statusOf("/api/health/detailed")).toBe(503);
        expect(await statusOf("/api/live")).toBe(200);
        const nonce = randomUUID();
        expect(await sendNonce(nonce)).toBe(202);
        await look().control(`${database}:start`);
        await headline(well, { byItself: true });
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
      const { stdout } = await runScript("logs", ["worker"], { env: look().stack.env, cwd: look().stack.cwd });
      expect(stdout).toContain("Container terminated on signal 9.");
    }, 120_000);
  });
}
