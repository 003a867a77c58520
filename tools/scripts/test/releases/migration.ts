// A migration stands before everything that serves: one that fails keeps all of it as it was, one that is put right lets
// all of it go on, and two never run at the same time.
import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { createRunClients } from "../support/run-clients.ts";
import { startProcess } from "../support/run-command.ts";
import { waitFor } from "../support/wait-for.ts";
import type { Session, UseSession } from "./session.ts";

const serving = ["api", "worker", "frontend"];

type Versions = Readonly<Record<string, string | undefined>>;
const readVersions = async ({ units }: Session): Promise<Versions> => {
  const live = await units();
  return Object.fromEntries(serving.map((unit) => [unit, live.get(unit)?.version]));
};
/** The revision that answers at the public address. */
const revisionThatAnswers = async ({ api }: Session): Promise<unknown> =>
  (await ask(`${api}/api/live`)).json()["revision"];
const writeMigration = ({ fileOf }: Session, sql: string): Promise<void> =>
  writeFile(fileOf("apps/backend/migrations/0002_orders.sql"), `-- Up Migration\n${sql}\n-- Down Migration\n`);

/** Goes on when another session waits for the lock that this migration holds, so that two have met. */
const untilAnotherWaits = `DO $$ BEGIN
  WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP PERFORM pg_sleep(0.05); END LOOP;
END $$;`;

export function judgeMigration(use: UseSession): void {
  describe("a migration", () => {
    /** What served before anything was changed. */
    let before: Versions;
    beforeAll(async () => {
      before = await readVersions(use());
      await writeMigration(use(), "ALTER TABLE orders ADD COLUMN total integer NOT NULL;");
      // Something new for each: for the image, and with it API and worker, and for the page.
      await use().append("apps/backend/src/main.ts", "\n// Another line.\n");
      await use().append("apps/dashboard-frontend/src/main.tsx", '\nconsole.debug("changed");\n');
      await use().commit("orders have a total");
    });

    const expectNothingMoved = async (): Promise<void> => {
      expect(await readVersions(use())).toEqual(before);
      expect(await revisionThatAnswers(use())).toBe(before["api"]);
    };

    test("one that fails: `pnpm release` ends with 3, says why and what was not done, and all that serves stays", async () => {
      const { code, stdout, stderr } = await use().script("release");
      expect(code, stdout + stderr).toBe(3);
      expect(stdout).toMatch(/^local: done backend; not done migrate, api, worker, frontend /m);
      expect(stderr).toMatch(/^error {2}job "migrate" in local: execution \S+ failed.*\[migration-failed\]$/m);
      expect(stderr).toContain('relation "orders" does not exist');
      expect(stderr).toMatch(/^ {2}fix {2}\S/m);
      await expectNothingMoved();
    }, 120_000);

    test("one that fails: `nx run-many -t deploy` runs nothing that comes after it", async () => {
      const { code, stdout, stderr } = await use().nx("run-many", "-t", "deploy");
      const output = stdout + stderr;
      expect(code, output).toBe(3);
      expect(output).toContain('relation "orders" does not exist');
      expect(output).toContain("> nx run backend:migrate");
      for (const task of ["backend:deploy-api", "backend:deploy-worker", "dashboard-frontend:deploy-frontend"])
        expect(output).not.toContain(`> nx run ${task}`);
      await expectNothingMoved();
    }, 120_000);

    test("put right and run again, all move; of two at once the second waits, and both succeed", async () => {
      await writeMigration(
        use(),
        `${untilAnotherWaits}\nCREATE TABLE orders (id integer PRIMARY KEY, total integer NOT NULL);`,
      );
      await use().commit("orders exist");
      const release = startProcess(["node", "tools/scripts/src/main.mjs", "release"], use().options);
      await waitFor(
        "the migration to be started",
        () => /execution \S+ was started/.test(release.output()) || undefined,
        60_000,
      );
      const { jobs, nameOf } = createRunClients(use().stack.endpoint);
      const [operation] = await jobs.runJob({ name: nameOf("jobs", "botbalance-migrate") });
      const [second] = await operation.promise();
      expect(second.succeededCount, second.conditions?.map(({ message }) => message).join("; ")).toBe(1);
      const { code, stdout, stderr } = await release.finished;
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/^local: 5 released, 5 as they should be /m);
      const logs = await use().script("logs", "migrate");
      expect(logs.stdout).toContain("another migration is running; waiting for it");
      // One of them applied it, the other found nothing left to do.
      expect(
        logs.stdout
          .match(/done: \d applied/g)
          ?.slice(-2)
          .toSorted(),
      ).toEqual(["done: 0 applied", "done: 1 applied"]);

      const after = await readVersions(use());
      for (const unit of serving) expect(after[unit], unit).not.toBe(before[unit]);
      expect(await revisionThatAnswers(use())).toBe(after["api"]);
    }, 240_000);
  });
}
