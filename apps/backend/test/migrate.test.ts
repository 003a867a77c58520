import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parseDatabaseUrl } from "../src/config/database-url.ts";
import { type MigrateOptions, migrate } from "../src/migrate/migrate.ts";
import { startCommand } from "./support/backend.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.dispose());

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** The lock that node-pg-migrate documents: https://salsita.github.io/node-pg-migrate/cli#locking */
const lockId = "7241865325823964";

async function migrations(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.sql`), text);
  return folder;
}

async function optionsFor(url: string, folder: string): Promise<MigrateOptions & { readonly lines: string[] }> {
  const database = parseDatabaseUrl(url, undefined);
  if (!database.ok) throw new Error(database.problems.join());
  const lines: string[] = [];
  return {
    database: database.value,
    folder,
    lockTimeoutMs: 5000,
    statementTimeoutMs: 5000,
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    lines,
  };
}

test("creates what the backend needs, and a second run changes nothing", async () => {
  const DATABASE_URL = await postgres.createDatabase("fresh");
  const first = startCommand("migrate", { DATABASE_URL });
  expect(await first.exit).toBe(0);
  expect(first.lines).toContain("done: 1 applied");
  expect(first.lines.join("\n")).toContain("0001_create-echo");
  const second = startCommand("migrate", { DATABASE_URL });
  expect(await second.exit).toBe(0);
  expect(second.lines).toContain("done: 0 applied");
});

test("of two at once one waits, and both end well", async () => {
  const DATABASE_URL = await postgres.createDatabase("twice");
  const holder = await connect(DATABASE_URL);
  await holder.query("SELECT pg_advisory_lock($1)", [lockId]);
  const both = [startCommand("migrate", { DATABASE_URL }), startCommand("migrate", { DATABASE_URL })];
  await Promise.all(both.map((child) => child.line((line) => line.includes("another migration is running"))));
  await holder.query("SELECT pg_advisory_unlock($1)", [lockId]);
  expect(await Promise.all(both.map((child) => child.exit))).toEqual([0, 0]);
  expect(both.map(({ lines }) => lines.at(-1)).sort()).toEqual(["done: 0 applied", "done: 1 applied"]);
  expect((await holder.query("SELECT name FROM pgmigrations")).rows).toEqual([{ name: "0001_create-echo" }]);
});

test("gives up with 5 when another one does not end", async () => {
  const DATABASE_URL = await postgres.createDatabase("held");
  await (await connect(DATABASE_URL)).query("SELECT pg_advisory_lock($1)", [lockId]);
  const child = startCommand("migrate", { DATABASE_URL, MIGRATION_LOCK_TIMEOUT_S: "1" });
  expect(await child.exit).toBe(5);
  expect(child.lines.join("\n")).toContain("[locked]");
});

test("a failing migration leaves nothing of its run, shows the statement, and goes through when mended", async () => {
  const url = await postgres.createDatabase("failing");
  const good = "CREATE TABLE first_table (id int);";
  const broken = await optionsFor(url, await migrations({ "0001_first": good, "0002_second": "CREAT TABLE oops;" }));
  const outcome = await migrate(broken);
  expect(outcome).toMatchObject({ kind: "failed", during: "migrating", error: { code: "42601" } });
  expect(broken.lines.join("\n")).toMatch(/0002_second.*CREAT TABLE oops/s);
  const client = await connect(url);
  expect((await client.query("SELECT to_regclass('first_table') AS found")).rows).toEqual([{ found: null }]);
  const mended = await optionsFor(
    url,
    await migrations({ "0001_first": good, "0002_second": "CREATE TABLE second_table (id int);" }),
  );
  expect(await migrate(mended)).toEqual({ kind: "done", applied: ["0001_first", "0002_second"] });
});

test("ends a statement that takes too long", async () => {
  const url = await postgres.createDatabase("slow");
  const options = await optionsFor(url, await migrations({ "0001_slow": "SELECT pg_sleep(60);" }));
  const outcome = await migrate({ ...options, statementTimeoutMs: 200 });
  expect(outcome).toMatchObject({ kind: "failed", error: { code: "57014" } });
});

test("stopped while it waits it is no success", async () => {
  const DATABASE_URL = await postgres.createDatabase("stopped");
  await (await connect(DATABASE_URL)).query("SELECT pg_advisory_lock($1)", [lockId]);
  const child = startCommand("migrate", { DATABASE_URL });
  await child.line((line) => line.includes("another migration is running"));
  child.kill("SIGTERM");
  expect(await child.exit).toBe(143);
});

test("told to stop, it cancels the statement on the server", async () => {
  const url = await postgres.createDatabase("cancelled");
  const client = await connect(url);
  const controller = new AbortController();
  const options = await optionsFor(url, await migrations({ "0001_slow": "CREATE TABLE a(); SELECT pg_sleep(60);" }));
  const outcome = migrate({ ...options, statementTimeoutMs: 60_000, signal: controller.signal });
  const running = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'migrate' AND query LIKE '%pg_sleep%'";
  await expect.poll(async () => (await client.query(running)).rowCount, { timeout: 5000 }).toBe(1);
  controller.abort();
  expect(await outcome).toMatchObject({ kind: "failed", error: { code: "57014" } });
  expect((await client.query(running)).rowCount).toBe(0);
  expect((await client.query("SELECT to_regclass('a') AS found")).rows).toEqual([{ found: null }]);
});

test("names a database that does not exist, without its login, and exits with 3", async () => {
  const DATABASE_URL = `postgresql://postgres:hunter2hunter2@127.0.0.1:${postgres.port}/absent`;
  const child = startCommand("migrate", { DATABASE_URL });
  expect(await child.exit).toBe(3);
  const text = child.lines.join("\n");
  expect(text).toContain("has no such database (3D000)");
  expect(text).toContain("fix  check DATABASE_URL");
  expect(text).not.toContain("hunter2");
});

test("waits for a server that is not there yet", async () => {
  const DATABASE_URL = await postgres.createDatabase("later");
  await postgres.stop();
  const child = startCommand("migrate", { DATABASE_URL });
  await postgres.start();
  expect(await child.exit).toBe(0);
});
