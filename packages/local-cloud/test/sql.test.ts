// Cloud SQL: its administration has real effect on a real PostgreSQL, reached by its socket.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createPlatform, type Platform } from "../src/platform.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const instances = "/v1/projects/demo/instances";
const connection = "demo:asia-southeast1:db";
const newInstance = {
  ...{ name: "db", databaseVersion: "POSTGRES_15", region: "asia-southeast1" },
  settings: { tier: "db-custom-2-7680" },
};

type Json = Record<string, unknown>;
type SqlCloud = TestCloud & { readonly socketDir: string };

const socketDirOf = (dataDir: string): string => join(dataDir, "sql", "demo", "db", "socket");

const call = (cloud: Pick<TestCloud, "fetchJson">, method: string, path: string, body?: object) =>
  cloud.fetchJson<Json>(path, { method, ...(body && { body: JSON.stringify(body) }) });

/** Waits until an operation is DONE. */
async function done(
  cloud: Pick<TestCloud, "fetchJson">,
  asked: { readonly status: number; readonly json: Json },
): Promise<Json> {
  expect(asked.json).toMatchObject({ kind: "sql#operation", status: "PENDING" });
  const path = `/sql/v1beta4/projects/demo/operations/${asked.json["name"]}`;
  const poll = async (): Promise<Json> => {
    const { json } = await cloud.fetchJson<Json>(path);
    if (json["status"] === "DONE") return json;
    throw new Error(`the operation is ${json["status"]}`);
  };
  return vi.waitFor(poll, { timeout: 30_000, interval: 20 });
}

async function succeed(cloud: TestCloud, method: string, path: string, body?: object): Promise<Json> {
  const operation = await done(cloud, await call(cloud, method, path, body));
  expect(operation["error"]).toBeUndefined();
  return operation;
}

/** Runs one statement as a user of the database; the connection is closed again. */
async function query(socketDir: string, statement: string, login: Partial<typeof app> = {}): Promise<readonly Json[]> {
  const client = new Client({ host: socketDir, port: 5432, ...app, ...login, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Json>(statement)).rows;
  } finally {
    await client.end();
  }
}

const app = { user: "app", password: "s'e\"cret \\ пароль", database: "appdb" };

async function makeDatabase(cloud: TestCloud): Promise<SqlCloud> {
  await succeed(cloud, "POST", instances, newInstance);
  await succeed(cloud, "POST", `${instances}/db/databases`, { name: "appdb" });
  await succeed(cloud, "POST", `${instances}/db/users`, { name: app.user, password: app.password });
  return { ...cloud, socketDir: socketDirOf(cloud.dataDir) };
}

describe("an instance", () => {
  let cloud: SqlCloud;
  beforeAll(async () => {
    cloud = await makeDatabase(await startCloud({ onEnd: (cleanup) => afterAll(cleanup) }));
  });

  test("is a PostgreSQL of the version that was asked for, with a database and a user that may make tables", async () => {
    const [row] = await query(
      cloud.socketDir,
      "SELECT current_setting('server_version') AS version, current_user AS name",
    );
    expect(row).toMatchObject({ version: expect.stringMatching(/^15\./), name: "app" });
    await query(cloud.socketDir, "CREATE TABLE notes (text text)");
    await query(cloud.socketDir, "INSERT INTO notes VALUES ('kept')");
    expect(await query(cloud.socketDir, "SELECT * FROM notes")).toEqual([{ text: "kept" }]);
  });

  test("knows letters beyond ASCII, and can be extended by its users", async () => {
    const [row] = await query(cloud.socketDir, "SELECT upper('ёж') AS upper, 'ЁЖ' ILIKE 'ёж' AS alike");
    expect(row).toEqual({ upper: "ЁЖ", alike: true });
    await query(cloud.socketDir, "CREATE EXTENSION IF NOT EXISTS pgcrypto");
    expect(await query(cloud.socketDir, "SELECT length(gen_random_bytes(4)) AS n")).toEqual([{ n: 4 }]);
  });

  test("is shown as Cloud SQL shows one, at each of its addresses", async () => {
    for (const prefix of ["/v1", "/sql/v1", "/sql/v1beta4"]) {
      const { json } = await cloud.fetchJson<Json>(`${prefix}/projects/demo/instances/db`);
      expect(json).toMatchObject({
        ...{ kind: "sql#instance", state: "RUNNABLE", connectionName: connection, databaseVersion: "POSTGRES_15" },
        settings: { tier: "db-custom-2-7680", edition: "ENTERPRISE", activationPolicy: "ALWAYS" },
      });
    }
    expect((await call(cloud, "GET", instances)).json).toMatchObject({ items: [{ name: "db" }] });
    expect((await call(cloud, "GET", `${instances}/db/databases`)).json).toMatchObject({
      items: [{ name: "appdb", charset: "UTF8" }, { name: "postgres" }],
    });
    expect((await call(cloud, "GET", `${instances}/db/users`)).json).toMatchObject({
      items: [{ name: "app" }, { name: "postgres" }],
    });
  });

  test("lets its users be no superusers, and keeps its own account to itself", async () => {
    const [role] = await query(
      cloud.socketDir,
      "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user",
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: true });
    await expect(query(cloud.socketDir, "COPY notes TO PROGRAM 'true'")).rejects.toThrow("must be superuser");
    await expect(query(cloud.socketDir, "SELECT 1", { password: "wrong" })).rejects.toThrow(
      "password authentication failed",
    );
    const { status } = await call(cloud, "POST", `${instances}/db/users`, { name: "cloudsqladmin", password: "x" });
    expect(status).toBe(400);
  });

  test("takes a user's new password, and makes an existing user's insertion one", async () => {
    await succeed(cloud, "PUT", `${instances}/db/users?name=app`, { password: "other" });
    await expect(query(cloud.socketDir, "SELECT 1")).rejects.toThrow("password authentication failed");
    await query(cloud.socketDir, "SELECT 1", { password: "other" });
    await succeed(cloud, "POST", `${instances}/db/users`, { name: "app", password: app.password });
    await query(cloud.socketDir, "SELECT 1");
  });

  test("removes users and databases, and says why where PostgreSQL does not", async () => {
    await succeed(cloud, "POST", `${instances}/db/databases`, { name: "spare" });
    await succeed(cloud, "POST", `${instances}/db/users`, { name: "owner", password: "x" });
    await query(cloud.socketDir, "CREATE TABLE owned (a int)", { user: "owner", password: "x", database: "spare" });
    const refused = await done(cloud, await call(cloud, "DELETE", `${instances}/db/users?name=owner`));
    expect(JSON.stringify(refused["error"])).toContain("cannot be dropped because some objects depend on it");
    await succeed(cloud, "DELETE", `${instances}/db/databases/spare`);
    await succeed(cloud, "DELETE", `${instances}/db/users?name=owner`);
    expect((await call(cloud, "DELETE", `${instances}/db/databases/spare`)).status).toBe(404);
    expect((await call(cloud, "DELETE", `${instances}/db/users?name=owner`)).status).toBe(404);
  });

  test.each([
    ["an existing database", "POST", "/db/databases", { name: "appdb" }, 400],
    ["a database without a name", "POST", "/db/databases", {}, 400],
    ["an IAM user", "POST", "/db/users", { name: "a@x.io", type: "CLOUD_IAM_USER" }, 501],
    ["an instance that exists", "POST", "", newInstance, 409],
    ["an instance with another name's form", "POST", "", { ...newInstance, name: "../x" }, 400],
    ["MySQL", "POST", "", { ...newInstance, name: "my", databaseVersion: "MYSQL_8_0" }, 501],
    [
      "a tier that does not exist",
      "POST",
      "",
      { ...newInstance, name: "x", settings: { tier: "db-custom-3-7680" } },
      400,
    ],
    ["too little memory", "POST", "", { ...newInstance, name: "x", settings: { tier: "db-custom-8-3840" } }, 400],
    [
      "a flag that reaches this machine",
      "PATCH",
      "/db",
      { settings: { databaseFlags: [{ name: "archive_command", value: "x" }] } },
      400,
    ],
    ["stale settings", "PATCH", "/db", { settings: { settingsVersion: "0", userLabels: { a: "b" } } }, 412],
    ["an instance that is not there", "GET", "/none", undefined, 404],
  ])("refuses %s", async (_, method, path, body, status) => {
    const answer = await call(cloud, method, instances + path, body);
    expect([answer.status, answer.json]).toMatchObject([
      status,
      { error: { code: status, errors: [{ domain: "global" }] } },
    ]);
  });

  test("of a version that is not installed is refused with what to install", async () => {
    const settings = { tier: "db-custom-2-7680", edition: "ENTERPRISE" };
    const answer = await call(cloud, "POST", instances, {
      ...newInstance,
      name: "x",
      databaseVersion: "POSTGRES_11",
      settings,
    });
    expect([answer.status, JSON.stringify(answer.json)]).toEqual([
      400,
      expect.stringContaining("PostgreSQL 11 is not installed"),
    ]);
  });

  test("of PostgreSQL 16 and later takes a custom tier in the Enterprise edition only", async () => {
    const { json } = await call(cloud, "POST", instances, {
      ...newInstance,
      name: "x",
      databaseVersion: "POSTGRES_16",
    });
    expect(JSON.stringify(json)).toContain("Invalid Tier (db-custom-2-7680) for (ENTERPRISE_PLUS) Edition");
  });

  test("does one thing at a time", async () => {
    const first = await call(cloud, "POST", `${instances}/db/restart`, {});
    const second = await call(cloud, "POST", `${instances}/db/restart`, {});
    expect([second.status, second.json]).toMatchObject([
      409,
      { error: { errors: [{ reason: "operationInProgress" }] } },
    ]);
    expect((await done(cloud, first))["error"]).toBeUndefined();
    await query(cloud.socketDir, "SELECT 1");
  });

  test("is set up by its flags", async () => {
    const databaseFlags = [{ name: "max_connections", value: "17" }];
    await succeed(cloud, "PATCH", `${instances}/db`, { settings: { databaseFlags } });
    expect(await query(cloud.socketDir, "SHOW max_connections")).toEqual([{ max_connections: "17" }]);
  });

  test("stops and starts by its activation policy, with its data", async () => {
    await succeed(cloud, "PATCH", `${instances}/db`, { settings: { activationPolicy: "NEVER" } });
    await expect(query(cloud.socketDir, "SELECT 1")).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    const { status, json } = await call(cloud, "POST", `${instances}/db/users`, { name: "late", password: "x" });
    expect([status, JSON.stringify(json)]).toEqual([400, expect.stringContaining("instance is not running")]);
    await succeed(cloud, "PATCH", `${instances}/db`, { settings: { activationPolicy: "ALWAYS" } });
    expect(await query(cloud.socketDir, "SELECT * FROM notes")).toEqual([{ text: "kept" }]);
  });

  test("is stopped and started by the control routes, as by an outage", async () => {
    await call(cloud, "POST", `/_local/sql/${connection}:stop`, {});
    await expect(query(cloud.socketDir, "SELECT 1")).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    expect((await call(cloud, "GET", `${instances}/db`)).json).toMatchObject({ state: "RUNNABLE" });
    await call(cloud, "POST", `/_local/sql/${connection}:start`, {});
    expect(await query(cloud.socketDir, "SELECT * FROM notes")).toEqual([{ text: "kept" }]);
    expect((await call(cloud, "POST", "/_local/sql/demo:other:db:stop", {})).status).toBe(404);
  });

  test("comes back by itself when its server is killed, with what was committed", async () => {
    const [before] = await query(cloud.socketDir, "SELECT pg_postmaster_start_time() AS at");
    await query(cloud.socketDir, "INSERT INTO notes VALUES ('committed')");
    process.kill(serverPid(cloud.dataDir), "SIGKILL");
    const started = () => query(cloud.socketDir, "SELECT pg_postmaster_start_time() AS at").catch(() => [before]);
    await expect.poll(started, { timeout: 20_000 }).not.toEqual([before]);
    expect(await query(cloud.socketDir, "SELECT text FROM notes ORDER BY 1")).toEqual([
      { text: "committed" },
      { text: "kept" },
    ]);
    expect(cloud.lines.join("\n")).toContain('PostgreSQL of instance "db" ended by itself');
  });

  test("writes no password anywhere", () => {
    const files = readdirSync(cloud.dataDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { parentPath, name } of files) {
      const content = readFileSync(join(parentPath, name), "utf8");
      expect([name, content.includes(app.password)]).toEqual([name, false]);
    }
    expect(cloud.lines.join("\n")).not.toContain("cret");
    expect(statSync(join(cloud.dataDir, "sql", "demo", "db", "superuser")).mode & 0o777).toBe(0o600);
  });

  test("that is protected is not deleted; unprotected it goes with its files", async () => {
    await succeed(cloud, "PATCH", `${instances}/db`, { settings: { deletionProtectionEnabled: true } });
    expect((await call(cloud, "DELETE", `${instances}/db`)).status).toBe(400);
    await succeed(cloud, "PATCH", `${instances}/db`, { settings: { deletionProtectionEnabled: false } });
    const pid = serverPid(cloud.dataDir);
    await succeed(cloud, "DELETE", `${instances}/db`);
    expect((await call(cloud, "GET", `${instances}/db`)).status).toBe(404);
    expect(existsSync(join(cloud.dataDir, "sql", "demo", "db"))).toBe(false);
    expect(isAlive(pid)).toBe(false);
  });
});

const serverPid = (dataDir: string): number =>
  Number.parseInt(readFileSync(join(dataDir, "sql", "demo", "db", "data", "postmaster.pid"), "utf8"), 10);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("an operation fails when it is told to, and its instance says so", async () => {
  const cloud = await startCloud();
  const fault = { kind: "operation-failure", message: "out of capacity" };
  const consumed = await cloud.orderFault({ match: { subject: "sql.instances.insert" }, fault });
  const operation = await done(cloud, await call(cloud, "POST", instances, newInstance));
  expect(JSON.stringify(operation["error"])).toContain("out of capacity");
  expect(await consumed()).toBe(1);
  expect(await call(cloud, "GET", `${instances}/${newInstance.name}`)).toMatchObject({ json: { state: "FAILED" } });
});

test("an instance's root password is set, and a stopped instance is made stopped", async () => {
  const cloud = await startCloud();
  await succeed(cloud, "POST", instances, { ...newInstance, rootPassword: "root's" });
  const login = { user: "postgres", password: "root's", database: "postgres" };
  expect(await query(socketDirOf(cloud.dataDir), "SELECT 1 AS one", login)).toEqual([{ one: 1 }]);
  const settings = { ...newInstance.settings, activationPolicy: "NEVER" };
  await succeed(cloud, "POST", instances, { ...newInstance, name: "cold", settings });
  expect(existsSync(join(cloud.dataDir, "sql", "demo", "cold", "data", "postmaster.pid"))).toBe(false);
});

test("the runtime is told where an instance's socket is, short enough for an address", async () => {
  let platform: Platform | undefined;
  const folder = join(createFolder(), "a-very-long-name-for-a-folder".repeat(4));
  const cloud = await startCloud({
    dataDir: folder,
    services: (context) => {
      platform = createPlatform(context, { logs: { read: () => [] } });
      return platform.services;
    },
  });
  await makeDatabase(cloud);
  const socketDir = platform?.sqlSockets.socketDir(connection) ?? "";
  expect(Buffer.byteLength(join(socketDir, ".s.PGSQL.5432"))).toBeLessThanOrEqual(107);
  expect(await query(socketDir, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  for (const other of ["demo:europe-west1:db", "demo:asia-southeast1:none", "", "demo"]) {
    expect(platform?.sqlSockets.socketDir(other)).toBeUndefined();
  }
  await succeed(cloud, "DELETE", `${instances}/db`);
  expect(existsSync(socketDir)).toBe(false);
});

describe("a cloud in a process of its own", () => {
  /** Runs until it is killed; resolves with its address once it serves. */
  async function spawnCloud(dataDir: string): Promise<Pick<TestCloud, "fetchJson"> & { readonly child: ChildProcess }> {
    const script = join(import.meta.dirname, "platform-cloud-process.ts");
    const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [url] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line")) as [string];
    const fetchJson: TestCloud["fetchJson"] = async (path, init) => {
      const response = await fetch(url + path, init);
      return { status: response.status, json: (await response.json()) as never };
    };
    return { child, fetchJson };
  }

  const kill = async (child: ChildProcess): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };

  test("takes its PostgreSQL with it when it is killed, and has what was committed when it starts again", async () => {
    const dataDir = createFolder();
    const first = await spawnCloud(dataDir);
    await makeDatabase({ ...first, dataDir } as unknown as TestCloud);
    const socketDir = socketDirOf(dataDir);
    await query(socketDir, "CREATE TABLE notes AS SELECT 'committed' AS text");
    const pid = serverPid(dataDir);
    await kill(first.child);
    const second = await spawnCloud(dataDir);
    expect(await query(socketDir, "SELECT * FROM notes")).toEqual([{ text: "committed" }]);
    expect(serverPid(dataDir)).not.toBe(pid);
    // Nobody may have reaped it yet, but it serves no more.
    expect(isServer(pid, dataDir)).toBe(false);
    await kill(second.child);
    const last = serverPidOrGone(dataDir);
    await expect.poll(() => last === undefined || !isServer(last, dataDir), { timeout: 10_000 }).toBe(true);
  });

  test("finishes the creation of an instance that it was killed in", async () => {
    const dataDir = createFolder();
    const first = await spawnCloud(dataDir);
    const asked = await call(first, "POST", instances, newInstance);
    await kill(first.child);
    const second = await spawnCloud(dataDir);
    const operation = await done(second, { status: 200, json: { ...asked.json, status: "PENDING" } });
    expect(operation["error"]).toBeUndefined();
    expect((await call(second, "GET", `${instances}/db`)).json).toMatchObject({ state: "RUNNABLE" });
    const stop = once(second.child, "exit");
    second.child.kill("SIGTERM");
    await stop;
  });
});

const serverPidOrGone = (dataDir: string): number | undefined => {
  try {
    return serverPid(dataDir);
  } catch {
    return undefined;
  }
};

const isServer = (pid: number, dataDir: string): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(join(dataDir, "sql", "demo", "db", "data"));
  } catch {
    return false;
  }
};
