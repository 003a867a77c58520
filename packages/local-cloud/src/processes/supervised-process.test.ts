import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSupervisedProcess, type ProcessSpec, type SupervisedProcess } from "./supervised-process.ts";

type Options = Partial<ProcessSpec> & { readonly script?: string };

const sleeper = "setTimeout(() => {}, 60_000)";

/** A Node process that runs `script`; `pids` are of those that were started. */
function supervise({ script = sleeper, ...spec }: Options = {}) {
  const pids: number[] = [];
  const lines: string[] = [];
  const supervised = createSupervisedProcess({
    log: (line) => lines.push(line),
    prepare: () => ({
      ...{ subject: "the server", command: { file: process.execPath, args: ["-e", script] }, env: {} },
      stdio: "ignore",
      isReady: async (_, pid) => {
        if (pids.at(-1) !== pid) pids.push(pid);
        return true;
      },
      ...{ readyTimeoutMs: 5_000, stopSignal: "SIGTERM", stopTimeoutMs: 2_000 },
      ...spec,
    }),
  });
  onTestFinished(() => supervised.stop());
  return { ...supervised, pids, lines };
}

const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

const isUp = ({ isRunning }: SupervisedProcess) => vi.waitFor(() => expect(isRunning()).toBe(true), { interval: 10 });

describe("a supervised process", () => {
  test("runs from start to stop, and starting it twice starts one", async () => {
    const server = supervise();
    await Promise.all([server.start(), server.start()]);
    expect([server.isRunning(), server.pids.length]).toEqual([true, 1]);
    await server.stop();
    expect([server.isRunning(), isAlive(server.pids[0])]).toEqual([false, false]);
    await server.start();
    expect(server.pids).toHaveLength(2);
  });

  test("is in no terminal's foreground group, whose Ctrl-C would end it behind our back", async () => {
    const server = supervise();
    await server.start();
    expect(isAlive(-(server.pids[0] ?? 0))).toBe(true);
  });

  test("is started again when it ends by itself, and says how it ended", async () => {
    const server = supervise();
    await server.start();
    process.kill(server.pids[0] ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(server.pids).toHaveLength(2), { timeout: 5_000 });
    await isUp(server);
    expect(server.lines).toEqual(["the server ended by itself (SIGKILL): starting it again"]);
    await server.stop();
    expect(server.pids.some(isAlive)).toBe(false);
  });

  test("that ends while it starts is reported, and nothing is left", async () => {
    const server = supervise({ script: "process.exit(3)", isReady: async () => false });
    await expect(server.start()).rejects.toThrow("the server ended while it was starting (exit code 3)");
    expect(server.isRunning()).toBe(false);
  });

  test("that cannot be run is reported", async () => {
    const server = supervise({ command: { file: "/nonexistent/server", args: [] } });
    await expect(server.start()).rejects.toThrow("ENOENT");
  });

  test("that is not ready in time is ended and reported", async () => {
    const pids: number[] = [];
    const isReady = async (_: AbortSignal, pid: number) => pids.push(pid) < 0;
    const server = supervise({ isReady, readyTimeoutMs: 200 });
    await expect(server.start()).rejects.toThrow("the server was not ready within 200 ms");
    expect(isAlive(pids[0])).toBe(false);
  });

  test("that is stopped while it starts does not start", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<number>();
    const isReady = (_: AbortSignal, pid: number): Promise<boolean> => {
      resolve(pid);
      return new Promise(() => {});
    };
    const server = supervise({ isReady });
    const starting = server.start();
    const refusal = expect(starting).rejects.toThrow("was stopped while it was starting");
    const pid = await asked;
    await server.stop();
    await refusal;
    expect([server.isRunning(), isAlive(pid)]).toEqual([false, false]);
  });

  test("that does not heed its signal is killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "supervised-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const deaf = join(folder, "deaf");
    const script = `process.on("SIGTERM", () => {}); require("fs").writeFileSync(${JSON.stringify(deaf)}, ""); ${sleeper}`;
    const pids: number[] = [];
    const isReady = async (_: AbortSignal, pid: number) => existsSync(deaf) && pids.push(pid) > 0;
    const server = supervise({ script, isReady, stopTimeoutMs: 100 });
    await server.start();
    await server.stop();
    expect(isAlive(pids[0])).toBe(false);
  });
});
