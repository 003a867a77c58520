// Memorystore for Redis: a real server on loopback behind each instance.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createPlatform } from "../src/platform.ts";
import { testWithTools } from "./platform-tools.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

const parent = "/v1/projects/demo/locations/asia-southeast1";
const instance = `${parent}/instances/queue`;

type Json = Record<string, unknown>;

const call = (cloud: TestCloud, method: string, path: string, body?: object) =>
  cloud.fetchJson<Json>(path, { method, ...(body && { body: JSON.stringify(body) }) });

async function done(cloud: TestCloud, asked: { readonly json: Json }): Promise<Json> {
  const poll = async (): Promise<Json> => {
    const { json } = await cloud.fetchJson<Json>(`/v1/${asked.json["name"]}`);
    if (json["done"] === true) return json;
    throw new Error("the operation is not done");
  };
  return vi.waitFor(poll, { timeout: 20_000, interval: 20 });
}

type Address = { readonly host: string; readonly port: number; readonly password: string };

async function makeInstance(cloud: TestCloud, body: object = {}): Promise<Address> {
  const request = { tier: "BASIC", memorySizeGb: 1, authEnabled: true, ...body };
  const operation = await done(cloud, await call(cloud, "POST", `${parent}/instances?instanceId=queue`, request));
  expect(operation["error"]).toBeUndefined();
  const { json } = await call(cloud, "GET", instance);
  const auth = await call(cloud, "GET", `${instance}/authString`);
  return { host: String(json["host"]), port: Number(json["port"]), password: String(auth.json["authString"]) };
}

/** Sends commands on one connection and gives back all that was answered. */
const ask = ({ host, port, password }: Address, ...commands: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let answer = "";
    socket
      .once("error", reject)
      .once("close", () => resolve(answer))
      .setTimeout(5_000, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.write([...(password === "" ? [] : [`AUTH ${password}`]), ...commands, "QUIT", ""].join("\r\n"));
  });

describe("an instance", () => {
  testWithTools(
    ["redis-server"],
    "is created by an operation, asks for its password, keeps what it is told, and goes",
    async () => {
      const cloud = await startCloud();
      const address = await makeInstance(cloud, { displayName: "Queue", labels: { team: "web" } });
      expect((await call(cloud, "GET", instance)).json).toMatchObject({
        ...{ state: "READY", tier: "BASIC", memorySizeGb: 1, authEnabled: true, host: "127.0.0.1" },
        ...{ displayName: "Queue", labels: { team: "web" }, transitEncryptionMode: "DISABLED" },
      });
      expect((await call(cloud, "GET", `${parent}/instances`)).json).toMatchObject({
        instances: [{ port: address.port }],
      });
      expect(await ask(address, "SET a 1", "GET a")).toContain("$1\r\n1\r\n");
      expect(await ask({ ...address, password: "" }, "GET a")).toContain("NOAUTH");
      expect(await ask({ ...address, password: "wrong" }, "GET a")).toContain("WRONGPASS");
      for (const blocked of ["CONFIG GET dir", "SHUTDOWN", "DEBUG SLEEP 1", "SLAVEOF 127.0.0.1 1"]) {
        expect(await ask(address, blocked)).toContain("ERR unknown command");
      }
      const deletion = await done(cloud, await call(cloud, "DELETE", instance));
      expect(deletion["response"]).toEqual({ "@type": "type.googleapis.com/google.protobuf.Empty" });
      expect((await call(cloud, "GET", instance)).status).toBe(404);
      expect(existsSync(join(cloud.dataDir, "redis", "demo", "asia-southeast1", "queue"))).toBe(false);
      await expect(ask(address, "PING")).rejects.toThrow("ECONNREFUSED");
    },
  );

  testWithTools(
    ["redis-server"],
    "has its data and its address again after a restart of the cloud, and after it was killed",
    async () => {
      const dataDir = createFolder();
      const before = await startCloud({ dataDir });
      const address = await makeInstance(before);
      await ask(address, "SET kept yes");
      await before.stop();
      await expect(ask(address, "PING")).rejects.toThrow("ECONNREFUSED");
      const after = await startCloud({ dataDir });
      expect(await ask(address, "GET kept")).toContain("yes");
      const pidFile = join(dataDir, "redis", "demo", "asia-southeast1", "queue", "redis.pid");
      process.kill(Number.parseInt(readFileSync(pidFile, "utf8"), 10), "SIGKILL");
      const kept = () => ask(address, "GET kept");
      await vi.waitFor(async () => expect(await kept()).toContain("yes"), { timeout: 20_000, interval: 50 });
      expect(after.lines.join("\n")).toContain('Redis of instance "queue" ended by itself');
    },
  );

  testWithTools(
    ["redis-server"],
    "is stopped and started by the control routes, by its short or its full name",
    async () => {
      const cloud = await startCloud();
      const address = await makeInstance(cloud);
      await ask(address, "SET kept yes");
      expect((await call(cloud, "POST", "/_local/redis/queue:stop", {})).status).toBe(200);
      await expect(ask(address, "PING")).rejects.toThrow("ECONNREFUSED");
      const name = "projects/demo/locations/asia-southeast1/instances/queue";
      expect((await call(cloud, "POST", `/_local/redis/${name}:start`, {})).status).toBe(200);
      expect(await ask(address, "GET kept")).toContain("yes");
      expect((await call(cloud, "POST", "/_local/redis/none:stop", {})).status).toBe(404);
    },
  );

  testWithTools(["redis-server"], "is changed: its memory and its policy of eviction", async () => {
    const cloud = await startCloud();
    const address = await makeInstance(cloud, { redisConfigs: { "maxmemory-policy": "noeviction" } });
    expect(await ask(address, "INFO memory")).toContain("maxmemory_policy:noeviction");
    const patch = { memorySizeGb: 2, redisConfigs: { "maxmemory-policy": "allkeys-lru" } };
    await done(cloud, await call(cloud, "PATCH", `${instance}?updateMask=memory_size_gb,redis_configs`, patch));
    const info = await ask(address, "INFO memory");
    expect([info.includes("maxmemory:2147483648"), info.includes("maxmemory_policy:allkeys-lru")]).toEqual([
      true,
      true,
    ]);
  });

  testWithTools(["redis-server"], "keeps its password out of the state, the log and every command line", async () => {
    const cloud = await startCloud();
    const { password } = await makeInstance(cloud);
    const commandLines = readdirSync("/proc").flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
      } catch {
        return [];
      }
    });
    expect(commandLines.join("\n")).not.toContain(password);
    expect(cloud.lines.join("\n")).not.toContain(password);
    for (const file of readdirSync(cloud.dataDir).filter((name) => name.startsWith("state.db"))) {
      expect(readFileSync(join(cloud.dataDir, file), "latin1")).not.toContain(password);
    }
  });

  test.each([
    ["a wrong name", "Queue", {}, 400],
    ["no memory", "queue", { memorySizeGb: 0 }, 400],
    ["a configuration that reaches this machine", "queue", { redisConfigs: { dir: "/etc" } }, 400],
    ["encryption in transit", "queue", { transitEncryptionMode: "SERVER_AUTHENTICATION" }, 501],
    ["persistence of its own", "queue", { persistenceConfig: { persistenceMode: "RDB" } }, 501],
    ["a version that does not exist", "queue", { redisVersion: "REDIS_99" }, 400],
  ])("is refused with %s", async (_, id, body, status) => {
    const cloud = await startCloud();
    const answer = await call(cloud, "POST", `${parent}/instances?instanceId=${id}`, { memorySizeGb: 1, ...body });
    expect(answer.status).toBe(status);
  });

  testWithTools(
    ["redis-server"],
    "is refused a second time, and fails with its operation when it is told to",
    async () => {
      const cloud = await startCloud();
      await makeInstance(cloud);
      expect((await call(cloud, "POST", `${parent}/instances?instanceId=queue`, { memorySizeGb: 1 })).status).toBe(409);
      const fault = { kind: "operation-failure", message: "no capacity" };
      await cloud.orderFault({ match: { subject: "redis.projects.locations.instances.create" }, fault });
      const failed = await done(
        cloud,
        await call(cloud, "POST", `${parent}/instances?instanceId=other`, { memorySizeGb: 1 }),
      );
      expect(failed["error"]).toMatchObject({ message: "no capacity" });
      expect((await call(cloud, "GET", `${parent}/instances/other`)).status).toBe(404);
    },
  );
});

test("REDIS_URL gives every instance the server that it names", async () => {
  const cloud = await startCloud({
    services: (context) =>
      createPlatform(context, { logs: { read: () => [] }, redisUrl: "rediss://:p%40ss@redis.example.com:6380" })
        .services,
  });
  expect(await makeInstance(cloud, { authEnabled: false })).toEqual({
    ...{ host: "redis.example.com", port: 6380, password: "p@ss" },
  });
  expect((await call(cloud, "GET", instance)).json).toMatchObject({
    ...{ authEnabled: true, transitEncryptionMode: "SERVER_AUTHENTICATION" },
  });
  expect((await call(cloud, "POST", "/_local/redis/queue:stop", {})).status).toBe(400);
});
