// From the Dockerfile to a green page: Django, gunicorn and Celery of examples/django from one image, by its digest, with the
// commands, the dashboard and the local cloud that the Node backend has.
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReleaseReport } from "@slipway/deploy-sdk";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ask } from "./support/ask.ts";
import { launchChromium } from "./support/browser.ts";
import { type DjangoStack, makeRootfs, startDjangoStack } from "./support/django-stack.ts";
import { processesThatName } from "./support/local-processes.ts";
import { waitFor } from "./support/wait-for.ts";

/** Of botbalance/management/commands/migrate.py. */
const migrationLock = 4_117_203_556;
let dataDir: string;
let stack: DjangoStack;
let first: ReleaseReport;
let api: string;
let page: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "slipway-django-"));
  await makeRootfs();
  stack = await startDjangoStack(dataDir);
  await stack.run("provision");
  first = await stack.release();
  const units = await stack.status();
  api = units.get("api")?.url ?? "";
  page = units.get("frontend")?.url ?? "";
}, 600_000);
afterAll(async () => {
  await stack?.stop();
  const left = processesThatName(dataDir);
  const log = await readFile(join(dataDir, "cloud.log"), "utf8").catch(() => "");
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  expect(left).toEqual([]);
  // Requests that the local cloud failed to answer.
  expect(log).not.toMatch(/^5\d\d /m);
}, 60_000);

const versionOf = (unit: string): string => {
  const result = first.results.find((each) => each.unit === unit);
  return result?.status === "released" ? result.version : "";
};
const writes = async (): Promise<number> => {
  const { counters } = (await ask(`${stack.endpoint}/_local/status`)).json() as {
    counters: { writes: { total: number } };
  };
  return counters.writes.total;
};

test("migration, API and worker are released by the digest of the one image that the Dockerfile gave", async () => {
  expect(first.results.map(({ unit, status }) => [unit, status])).toEqual(
    ["backend", "migrate", "api", "worker", "frontend"].map((unit) => [unit, "released"]),
  );
  expect(versionOf("backend")).toMatch(/^sha256:/);
  const parent = `${stack.endpoint}/v2/projects/botbalance-local/locations/asia-southeast1`;
  for (const path of ["jobs/botbalance-migrate", "services/botbalance-api", "workerPools/botbalance-worker"]) {
    expect((await ask(`${parent}/${path}`)).text, path).toContain(`/api@${versionOf("backend")}"`);
  }
});

test("the page from the bucket shows database, Redis and worker operational, and the revision that was released", async () => {
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(page);
  await expect
    .poll(() => tab.getByRole("status").textContent(), { timeout: 30_000 })
    .toContain("All systems operational");
  const components = tab.getByRole("region", { name: "Components" }).getByRole("listitem");
  for (const name of ["Database", "Redis", "Worker"])
    expect(await components.filter({ hasText: name }).textContent(), name).toContain("Operational");
  expect(await tab.locator("body").textContent()).toContain(versionOf("api"));
}, 90_000);

test("a nonce goes through Celery into PostgreSQL, written by the worker's revision", async () => {
  const nonce = randomUUID();
  expect((await ask(`${api}/api/echo`, { nonce })).status).toBe(202);
  const database = await stack.connect();
  onTestFinished(() => database.end());
  const row = await waitFor("the nonce to be in PostgreSQL", async () => {
    const { rows } = await database.query("SELECT written_by FROM echo_echo WHERE nonce = $1", [nonce]);
    return rows[0] as object | undefined;
  });
  expect(row).toEqual({ written_by: versionOf("worker") });
});

test("a second provisioning and a second release plan nothing and write nothing", async () => {
  const before = await writes();
  const planned = (await stack.run("provision", "--plan")).events.filter(({ type }) => type === "plan");
  await stack.run("provision");
  const { results } = await stack.release();
  expect(results.map(({ status }) => status)).toEqual(Array(5).fill("unchanged"));
  expect(await writes()).toBe(before);
  expect(planned.flatMap(({ changes }) => changes as { kind: string }[]).filter(({ kind }) => kind !== "keep")).toEqual(
    [],
  );
}, 120_000);

test("a migration waits while another one holds the lock, and is done when that has ended", async () => {
  const other = await stack.connect();
  onTestFinished(() => other.end());
  await other.query("SELECT pg_advisory_lock($1)", [migrationLock]);
  const releasing = stack.release("migrate", "--force");
  await waitFor(
    "the migration to wait",
    async () =>
      (await other.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).rowCount || undefined,
    60_000,
  );
  await other.query("SELECT pg_advisory_unlock($1)", [migrationLock]);
  expect((await releasing).results).toContainEqual(expect.objectContaining({ unit: "migrate", status: "released" }));
  const { events } = await stack.run("logs", "migrate");
  expect(events.map(({ text }) => text)).toContainEqual(expect.stringContaining("another migration is running"));
}, 120_000);
