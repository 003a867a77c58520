// What a cloud that is started again brings back, and what one that is killed leaves behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, parent, serverScript } from "./run-cloud.ts";
import type { Execution, Operation, Service } from "./run-types.ts";
import { createFolder } from "./support/start-cloud.ts";

type RunningCloud = {
  readonly process: ChildProcess;
  readonly image: string;
  readonly call: <Value>(method: string, path: string, body?: unknown) => Promise<Value>;
  readonly done: (operation: Operation) => Promise<Operation>;
};

const soon = { timeout: 20_000, interval: 25 };

const start = async (folder: string): Promise<RunningCloud> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "run-cloud-process.ts"), folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { port, image } = JSON.parse(String(line)) as { port: number; image: string };
  const call: RunningCloud["call"] = async (method, path, body) => {
    const headers = { "content-type": "application/json", authorization: "Bearer test" };
    const answer = await fetch(`http://127.0.0.1:${port}/v2/${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as never;
  };
  const done: RunningCloud["done"] = async ({ name }) => {
    await expect.poll(async () => (await call<Operation>("GET", name)).done, soon).toBe(true);
    return call("GET", name);
  };
  return { process: child, image, call, done };
};

const end = async ({ process: child }: RunningCloud, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
};

/** Processes of containers that the cloud on this folder started, as this machine counts. */
const containerPids = (folder: string): readonly number[] => {
  const dir = join(folder, "data/runtime/processes");
  return readdirSync(dir).map((name) => (JSON.parse(readFileSync(join(dir, name), "utf8")) as { pid: number }).pid);
};
const alive = (pids: readonly number[]): readonly number[] => pids.filter((pid) => existsSync(`/proc/${pid}`));

const prepare = (script = serverScript()): string => {
  const folder = createFolder();
  writeFileSync(join(folder, "app.js"), script);
  return folder;
};

const template = (image: string, more: object = {}) => ({
  template: { containers: [{ image }], ...more },
  invokerIamDisabled: true,
});
const service = (cloud: RunningCloud, id: string): Promise<Service> => cloud.call("GET", `${parent}/services/${id}`);

describe("a cloud that is started again", { timeout: 90_000 }, () => {
  it.each(["SIGTERM", "SIGKILL"] as const)(
    "after %s brings back services, pools and their instances, without the registry's help",
    async (signal) => {
      const folder = prepare();
      const first = await start(folder);
      await first.done(
        await first.call(
          "POST",
          `${parent}/services?serviceId=api`,
          template(first.image, { scaling: { minInstanceCount: 1 } }),
        ),
      );
      await first.done(await first.call("POST", `${parent}/services?serviceId=lazy`, template(first.image)));
      await first.done(
        await first.call("POST", `${parent}/workerPools?workerPoolId=worker`, {
          template: { containers: [{ image: first.image }] },
        }),
      );
      const before = await service(first, "api");
      const pids = containerPids(folder);
      expect(alive(pids).length).toBeGreaterThanOrEqual(3);
      await end(first, signal);
      await expect.poll(() => alive(pids), soon).toEqual([]);
      rmSync(join(folder, "app.js"));

      const second = await start(folder);
      const after = await service(second, "api");
      expect(after).toMatchObject({
        generation: before.generation,
        etag: before.etag,
        latestReadyRevision: before.latestReadyRevision,
      });
      expect((await ask(after.uri)).status).toBe(200);
      expect((await ask((await service(second, "lazy")).uri)).status).toBe(200);
      await expect.poll(() => alive(containerPids(folder)).length, soon).toBe(3);
      await end(second, "SIGTERM");
      expect(readdirSync(join(folder, "data/runtime/instances"))).toEqual([]);
    },
  );

  // Long-running operations: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations
  it("finishes what was under way when it was killed, and its operation", async () => {
    const slow = `${serverScript()
      .replace("require(", "setTimeout(() => require(")
      .replace(/\.listen\((.*)\);/, ".listen($1), 1500);")}`;
    const folder = prepare(slow);
    const first = await start(folder);
    const operation = await first.call<Operation>("POST", `${parent}/services?serviceId=slow`, template(first.image));
    expect(operation.done).toBe(false);
    await expect.poll(() => alive(containerPids(folder)).length, soon).toBe(1);
    await end(first, "SIGKILL");
    const second = await start(folder);
    const finished = await second.done(operation);
    expect(finished.error).toBeUndefined();
    expect((await ask((await service(second, "slow")).uri)).status).toBe(200);
  });

  it("says of an execution that was killed with it that it failed", async () => {
    const folder = prepare("setInterval(() => {}, 1000)");
    const first = await start(folder);
    const job = { template: { template: { containers: [{ image: first.image }], maxRetries: 3 } } };
    await first.done(await first.call("POST", `${parent}/jobs?jobId=migrate`, job));
    const operation = await first.call<Operation>("POST", `${parent}/jobs/migrate:run`, {});
    await expect.poll(() => alive(containerPids(folder)).length, soon).toBe(1);
    await end(first, "SIGKILL");
    const second = await start(folder);
    expect((await second.done(operation)).error?.message).toContain("0/1 tasks were a success");
    const { executions } = await second.call<{ executions: readonly Execution[] }>(
      "GET",
      `${parent}/jobs/migrate/executions`,
    );
    expect(executions).toMatchObject([{ failedCount: 1, runningCount: 0 }]);
    expect(containerPids(folder)).toEqual([]);
  });
});
